/** Listeners as the command line and the environment write them: an address for each, or `off`. */

import { textOf } from "../core/error_text.ts";
import { parseAddress } from "../listeners/address.ts";
import type { ListenerSetting, Protocol } from "./configuration.ts";
import { type Problem, quote } from "../core/problem.ts";

export interface ListenerTexts {
  readonly protocol: Protocol;
  readonly texts: readonly string[];
  /** The option or variable that said it. */
  readonly origin: string;
}

/** Adds to `problems` what is wrong with them. */
export function listenersOf(given: ListenerTexts, problems: Problem[]): ListenerSetting[] {
  const { protocol, texts, origin } = given;
  const complain = (message: string): void => {
    problems.push({ severity: "error", where: origin, message });
  };
  // The last word counts.
  return texts.slice(texts.lastIndexOf("off") + 1).map((address, i) => {
    const fault = addressFault(protocol, address);
    if (fault !== null) complain(`${fault}, or off`);
    return { protocol, id: i === 0 ? protocol : `${protocol}-${i + 1}`, address, origin };
  });
}

/** What is wrong with it; null when nothing is. */
export function addressFault(protocol: Protocol, address: string): string | null {
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
