/**
 * Who may ask: a listener at a loopback address is for this machine, and a page elsewhere whose name leads to 127.0.0.1 (DNS
 * rebinding) is in a browser of this machine. What it cannot change is the name that the browser says it asks for.
 */

import { ERROR_CODES } from "../src/core/codes.ts";
import { quoted } from "../src/core/quoted.ts";
import { isLoopbackAuthority } from "../src/runtime/websocket/websocket_origin.ts";

const LONGEST = 100;
const CODE = "host-refused";

/** The answer for a request that comes by another name than the machine has for itself; null: it may ask. */
export function refusedHost(listener: string, { headers, url }: Request): Response | null {
  const host = headers.get("host") ?? new URL(url).host;
  if (!isLoopbackAuthority(listener) || isLoopbackAuthority(host)) return null;
  const error =
    `Cannot answer under the name ${quoted(host, LONGEST)}: the listener is at a loopback address, ` +
    "expected localhost, 127.0.0.1 or [::1]";
  return new Response(`${JSON.stringify({ code: CODE, error })}\n`, {
    status: ERROR_CODES[CODE].status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}
