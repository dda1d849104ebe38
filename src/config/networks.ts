/** Networks and addresses, as settings say them. */

import { networkFault } from "../runtime/networks.ts";
import { listOf, type ValueKind } from "./values.ts";

const network: ValueKind<string> = {
  parse: (text) => networkFault(text) === null ? text : undefined,
  accepted: 'an address or a network such as "10.0.0.0/8", or "unix"',
  shape: { is: "network" },
};

/** One, or several. */
export const networks: ValueKind<readonly string[]> = listOf(network);
