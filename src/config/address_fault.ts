/** Whether listeners can be opened at an address, as far as its text says. */

import { textOf } from "../core/error_text.ts";
import { quote } from "../core/problem.ts";
import { parseAddress } from "../listeners/address.ts";

/** What is wrong with it; null when nothing is. */
export function addressFault(protocol: string, address: string): string | null {
  if (protocol === "unix") {
    return address === "" ? `Cannot use ${quote(address)}: expected the path of a socket` : null;
  }
  try {
    parseAddress(address);
    return null;
  } catch (error) {
    return textOf(error);
  }
}
