/** `deno task conformance`: prints what each statement demands and which tests show it. Exit code 1 on a gap. */

import process from "node:process";
import { collect, gaps, type Row, type Table, tables } from "./table.ts";

const citations = collect();
let complete = true;
for (const table of tables(citations)) {
  const wrong = gaps(table, citations);
  complete &&= wrong.length === 0;
  console.log([heading(table), ...table.rows.flatMap(lines), "", summary(table), ...wrong, ""].join("\n"));
}
process.exitCode = complete ? 0 : 1;

function heading({ title }: Table): string {
  return `${title}\n${"=".repeat(title.length)}`;
}

function lines({ statement, tests }: Row): string[] {
  const { id, says, why } = statement;
  const shown = tests.map(({ file, line, name }) => `    ${name} (tests/${file}:${line})`);
  if (why !== undefined) shown.push(`    no test: ${why}`);
  return ["", `[${id}] ${says}`, ...(shown.length > 0 ? shown : ["    NO TEST"])];
}

function summary({ title, rows }: Table): string {
  const server = rows.filter(({ statement }) => statement.server);
  const tested = server.filter(({ tests }) => tests.length > 0).length;
  const tests = new Set(rows.flatMap((row) => row.tests)).size;
  const client = rows.length - server.length;
  return `${title}: ${rows.length} statements, ${tested} of ${server.length} on the server side shown by ${tests} tests, ` +
    `${client} for the client alone, ${server.length - tested} without a test`;
}
