/** Listeners as the command line and the environment write them: an address for each, or `off`. */

import { addressFault } from "./address_fault.ts";
import type { ListenerSetting, Protocol } from "./configuration.ts";
import type { Problem } from "../core/problem.ts";

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

/** Those with an option, and a variable, of their own. */
export const shortProtocols: readonly Protocol[] = ["tcp", "tls", "ws", "wss", "http", "unix"];

/** Those that options of the command line ask for. */
export function listenersAskedFor(
  given: ReadonlyMap<string, readonly string[]>,
  problems: Problem[],
): Map<Protocol, readonly ListenerSetting[]> {
  const listeners = new Map<Protocol, readonly ListenerSetting[]>();
  for (const protocol of shortProtocols) {
    const texts = given.get(protocol);
    if (texts === undefined) continue;
    listeners.set(protocol, listenersOf({ protocol, texts, origin: `--${protocol}` }, problems));
  }
  return listeners;
}
