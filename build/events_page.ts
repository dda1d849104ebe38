/** Writes `docs/events.md` from the table of the log's events. A test says whether it is current. */

import { writeFile } from "node:fs/promises";
import process from "node:process";
import { type EventCode, LOG_EVENTS } from "../src/core/codes.ts";
import { EVENT_NOTES } from "../src/core/log/notes.ts";
import { LOG_COMPONENTS } from "../src/core/log/levels.ts";

const page = new URL("../docs/events.md", import.meta.url);

const HEAD = `# The events of the log

Each line of the log is one event with a code, which stays from version to version. [log.md](log.md) says what a line looks like and where it goes.
A component is what can have a level of its own (\`log.levels\`). This page is made by \`deno task docs:events\`.
`;

/** The whole page. */
export function eventsPage(): string {
  return [HEAD, ...LOG_COMPONENTS.map(sectionOf)].join("\n");
}

function sectionOf(component: string): string {
  const codes = (Object.keys(LOG_EVENTS) as EventCode[]).filter((code) =>
    LOG_EVENTS[code].component === component
  );
  const remark = component === "hook" ? "\nThe level of a single hook: `hook:` and its id.\n" : "";
  const head = "| code | level | a line begins with | when |\n| --- | --- | --- | --- |";
  return `## ${component}\n${remark}\n${head}\n${codes.map(rowOf).join("\n")}\n`;
}

function rowOf(code: EventCode): string {
  const { level, title } = LOG_EVENTS[code];
  return `| \`${code}\` | ${code.endsWith("-says") ? "its own" : level} | ${title || "–"} | ${
    EVENT_NOTES[code]
  } |`;
}

if (import.meta.main) {
  await writeFile(page, eventsPage());
  process.stdout.write("docs/events.md\n");
}
