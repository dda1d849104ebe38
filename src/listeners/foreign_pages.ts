/** Says that pages in browsers were refused. */

import { quoted } from "../core/quoted.ts";
import type { ListenerHost } from "./listener.ts";
import type { Owned } from "./open.ts";

const longest = 200;

/** Counts each, and tells of it. */
export function foreignPageLog(
  owned: Owned,
  host: ListenerHost,
): (origin: string, address: string) => void {
  return (origin, address) => {
    host.stats.refused.origin++;
    const detail = `a page of ${quoted(origin, longest)}, origins (--origins) says which pages may connect`;
    host.refused({ code: "foreign-page-refused", address, detail, setting: "origins" }, owned.owner);
  };
}
