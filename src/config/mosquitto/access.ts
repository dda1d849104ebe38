/**
 * Who has to say a name and a password on which listener, and what they may do then. Here one list of back ends is for all
 * listeners: the strictest of what is asked for, and where that differs in a way that cannot be, the listener stays closed.
 */

import type { Conf, ConfListener, Lines } from "./conf.ts";
import { type Line, truthOf } from "./lines.ts";
import { scalar } from "./yaml_text.ts";

/** What all of them together come to. */
export interface Access {
  /** The only file of users. Null: there is none, or different ones are for different listeners. */
  readonly passwords: Line | null;
  /** The only file of rules; null likewise. */
  readonly acl: Line | null;
  /** Whoever is not in the file of users comes in as well, without a name. */
  readonly anonymous: boolean;
}

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

/** Who has a certificate has a name, and is asked for no password. */
export function namesByCertificate({ options }: ConfListener): boolean {
  return options.says("require_certificate") &&
    (options.says("use_identity_as_username") || options.says("use_subject_as_username"));
}

export function accessOf(conf: Conf): Access {
  const asked = conf.listeners.filter((listener) => !namesByCertificate(listener));
  const guarded = asked.filter((listener) =>
    !letsAnybodyIn(conf, listener) && securityOf(conf, listener).get("password_file") !== undefined
  );
  return {
    passwords: onlyOne(conf, guarded.length > 0 ? guarded : asked, "password_file"),
    acl: onlyOne(conf, conf.listeners, "acl_file"),
    anonymous: guarded.length === 0,
  };
}

function onlyOne(conf: Conf, listeners: readonly ConfListener[], word: string): Line | null {
  const files = new Map<string, Line>();
  for (const listener of listeners) {
    const line = securityOf(conf, listener).get(word);
    if (line !== undefined && !files.has(line.rest)) files.set(line.rest, line);
  }
  const [only] = files.values();
  return files.size === 1 && only!.rest !== "" ? only! : null;
}

/** The settings that ask for the same. */
export function accessSettings({ passwords, acl, anonymous }: Access): (readonly [string, string])[] {
  if (passwords === null) return acl === null ? [] : [["acl", `[{ mosquitto: ${flow(acl)} }]`]];
  const users = `passwords: ${flow(passwords)}`;
  if (!anonymous) {
    const rules = acl === null ? "" : `, acl: ${flow(acl)}`;
    return [["auth", `[{ mosquitto: { ${users}${rules} } }]`]];
  }
  // (The rules are about those without a name, too.)
  return [
    ["auth", `[{ mosquitto: { ${users} } }]`],
    ["anonymous", "allow"],
    ...(acl === null ? [] : [["acl", `[{ mosquitto: ${flow(acl)} }]`] as const]),
  ];
}

function flow({ rest }: Line): string {
  return scalar(rest);
}
