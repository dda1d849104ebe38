/**
 * The table of normative statements: which tests show each of them, or why it does not concern a server. What the
 * tests show is read from their sources, so that the link from a statement to a test stands in the test itself.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Standard } from "./conforms.ts";
import type { Statement } from "./statement.ts";
import { statementsV3 } from "./statements_v3.ts";
import { statementsV5 } from "./statements_v5.ts";

/** One call of `conforms`. */
export interface Citation {
  readonly file: string;
  readonly line: number;
  readonly version: Standard;
  readonly ids: readonly string[];
  /** As written: a template literal keeps its placeholders. */
  readonly name: string;
}

/** One statement and what shows it. */
export interface Row {
  readonly statement: Statement;
  readonly tests: readonly Citation[];
}

export interface Table {
  readonly version: Standard;
  readonly title: string;
  readonly rows: readonly Row[];
}

const TESTS = fileURLToPath(new URL("..", import.meta.url));

/** They speak of `conforms` without citing anything. */
const MACHINERY = new Set(["conformance/conforms.ts", "conformance/table.ts", "conformance/table_test.ts"]);

const MENTION = /\bconforms\b/g;
const IMPORT = /import \{[^}]*\bconforms\b[^}]*\} from "[^"]*\/conforms\.ts";/g;
const COMMENT = /^\s*(?:\/\/|\/?\*).*$/gm;
const CALL =
  /\bconforms\(\s*([35]),\s*\[\s*((?:"[^"\n]*",?\s*)+)\],\s*(?:"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`),/y;

/** The calls in one source. Anything else that is done with `conforms` is an error: it would go unseen. */
export function citationsIn(file: string, source: string): Citation[] {
  if (!source.includes("conforms.ts")) return [];
  const code = source.replace(COMMENT, blank).replace(IMPORT, blank);
  const citations: Citation[] = [];
  for (const { index } of code.matchAll(MENTION)) {
    const line = code.slice(0, index).split("\n").length;
    CALL.lastIndex = index;
    const call = CALL.exec(code);
    if (call === null) {
      throw new Error(
        `Cannot read what tests/${file}:${line} does with "conforms": expected a call with the number of a version, ` +
          `an array of strings and a name in quotes or backticks`,
      );
    }
    if (!file.endsWith("_test.ts")) {
      throw new Error(`Cannot count the test at "tests/${file}:${line}": only files named *_test.ts are run`);
    }
    citations.push({
      file,
      line,
      version: call[1] === "5" ? 5 : 3,
      ids: [...call[2]!.matchAll(/"([^"]*)"/g)].map((match) => match[1]!),
      name: call[3] ?? call[4]!,
    });
  }
  return citations;
}

/** Everything the tests under `folder` cite, in the order of files and lines. */
export function collect(folder: string = TESTS): Citation[] {
  const files = readdirSync(folder, { recursive: true }).map(String)
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts") && !MACHINERY.has(file)).sort();
  return files.flatMap((file) => citationsIn(file, readFileSync(join(folder, file), "utf8")));
}

/** The tables of both standards. */
export function tables(citations: readonly Citation[]): readonly [Table, Table] {
  return [
    tabulate(3, "MQTT 3.1.1", statementsV3, citations),
    tabulate(5, "MQTT 5.0", statementsV5, citations),
  ];
}

export function tabulate(
  version: Standard,
  title: string,
  statements: readonly Statement[],
  citations: readonly Citation[],
): Table {
  const own = citations.filter((citation) => citation.version === version);
  const rows = statements.map((statement) => ({
    statement,
    tests: own.filter(({ ids }) => ids.includes(statement.id)),
  }));
  return { version, title, rows };
}

/** What is wrong with a table: a statement without test or reason, with both, or one that does not exist. */
export function gaps(table: Table, citations: readonly Citation[]): string[] {
  const found: string[] = [];
  const { version, title, rows } = table;
  for (const { statement: { id, server, why }, tests } of rows) {
    if (server && why !== undefined) {
      found.push(`${title} [${id}]: concerns a server, and a reason says it does not`);
    }
    if (!server && (why ?? "") === "") found.push(`${title} [${id}]: a reason is missing`);
    if (server && tests.length === 0) found.push(`${title} [${id}]: no test`);
    if (!server && tests.length > 0) {
      found.push(`${title} [${id}]: does not concern a server, and has a test`);
    }
  }
  const known = new Set(rows.map((row) => row.statement.id));
  if (known.size !== rows.length) found.push(`${title}: a statement stands twice in the manifest`);
  for (const { file, line, ids } of citations.filter((citation) => citation.version === version)) {
    for (const id of ids) {
      if (!known.has(id)) {
        found.push(`${title} [${id}]: cited in tests/${file}:${line}, there is no such statement`);
      }
    }
  }
  return found;
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}
