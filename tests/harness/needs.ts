/** What tests need and is not everywhere. */

import { appendFileSync } from "node:fs";
import process from "node:process";

/** For the options of a test. */
export type Needed = { skip: string } | Record<string, never>;

/** Where the runner of the tests looks for what was missing: Deno says of a test that it was ignored, not why. */
const notes = process.env.COMQTT_TEST_NOTES ?? "";

/** `what`: as somebody would install it. A test that is skipped for want of it says so. */
export function needs(what: string, there: boolean): Needed {
  if (there) return {};
  const skip = `skipped: needs ${what}`;
  if (notes !== "") appendFileSync(notes, `${skip}\n`);
  return { skip };
}
