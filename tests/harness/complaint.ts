/** What a warning is about, shorter than its line: tests of hooks and handlers read it. */

import type { LogEvent } from "../../src/core/log.ts";

/** `Hook "id" failed in onPublish: why`, and the like; any other line as it is. */
export function complaint(text: string, event?: LogEvent): string {
  if (event === undefined) return text;
  const { code, hook, method, filter, client, error, detail, more } = event;
  const many = more === undefined ? "" : ` (${more.count} more)`;
  const why = `${error ?? detail ?? ""}${many}`;
  if (code === "hook-failed" && hook !== undefined) return `Hook "${hook}" failed in ${method}: ${why}`;
  if (code !== "handler-failed") return text;
  const what = filter === undefined ? `${method} of "${client}"` : `Handler of "${filter}"`;
  return `${what} failed: ${why}`;
}
