/** Says that pages in browsers were refused, but not more often than somebody wants to read it. */

import type { Listener, ListenerHost } from "./listener.ts";

const intervalMs = 10_000;
const longest = 200;

/** One line, then none for ten seconds; the next one has the number of those that were left out. */
export function foreignPageLog(
  listener: Listener,
  host: ListenerHost,
): (origin: string, remoteAddress: string) => void {
  let last = -Infinity;
  let more = 0;
  return (origin, remoteAddress) => {
    host.stats.refused.origin++;
    const now = performance.now();
    if (now - last < intervalMs) {
      more++;
      return;
    }
    const others = more === 0 ? "" : ` (and ${more} more since the last such line)`;
    last = now;
    more = 0;
    const page = JSON.stringify(origin.slice(0, longest));
    host.log(
      "info",
      `Refused a page of ${page} at listener "${listener.id}" (${listener.address}), from ${remoteAddress}${others}: ` +
        "origins of the listener (--origins) says which pages may connect",
    );
  };
}
