/** Who has to say a name and a password on which listener, and whether one file of users can stand for all of it. */

import type { Conf, ConfListener, Lines } from "./conf.ts";
import { type Line, truthOf } from "./lines.ts";

/** The lines that say who may come in on it. */
export function securityOf(conf: Conf, listener: ConfListener): Lines {
  return conf.perListener ? listener.security : conf.security;
}

/** What was said about clients without a name. */
export function anonymousLine(conf: Conf, listener: ConfListener): Line | undefined {
  return listener.options.get("listener_allow_anonymous") ??
    securityOf(conf, listener).get("allow_anonymous");
}

/** mosquitto 2 lets nobody in without a name, unless it is told to or only this machine can connect. */
export function letsAnybodyIn(conf: Conf, listener: ConfListener): boolean {
  const said = anonymousLine(conf, listener);
  return said === undefined ? conf.localOnly : truthOf(said) === true;
}

/**
 * The file of users for all listeners together, as there is one here. Null: nobody needs a password, or different ones are for
 * different listeners.
 */
export function usersOf(conf: Conf): Line | null {
  const files = new Map<string, Line>();
  for (const listener of conf.listeners) {
    const line = securityOf(conf, listener).get("password_file");
    if (line !== undefined && !letsAnybodyIn(conf, listener)) files.set(line.rest, line);
  }
  const [only] = files.values();
  return files.size === 1 && only!.rest !== "" ? only! : null;
}
