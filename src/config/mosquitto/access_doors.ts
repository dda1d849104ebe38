/** What of mosquitto's access control cannot be the same here, as reasons for a listener to stay closed. */

import { accessOf, anonymousLine, letsAnybodyIn, namesByCertificate, securityOf } from "./access.ts";
import { type Conf, type ConfListener, shown } from "./conf.ts";
import { argumentsOf, type Line, truthOf } from "./lines.ts";

export function because(line: Line | undefined, text: string): string[] {
  return line === undefined ? [] : [`${text}: ${at(line)}`];
}

function at(line: Line): string {
  return `${line.place} ${shown(line)}`;
}

export function closedByAccess(conf: Conf, listener: ConfListener): string[] {
  return [
    ...byPlugins(conf, listener),
    ...byName(conf, listener),
    ...byRules(conf, listener),
    ...byClientId(conf),
  ];
}

/** A plug-in may be anything, but one that only stores has nothing to say about who comes in. */
function byPlugins(conf: Conf, listener: ConfListener): string[] {
  const security = securityOf(conf, listener);
  const lines = [
    ...conf.global.all("global_plugin"),
    ...["plugin", "auth_plugin"].flatMap((word) => security.all(word)),
    ...listener.options.all("plugin_use"),
  ];
  return lines.filter(({ rest }) => !/persist_?sqlite/.test(rest)).map((line) => {
    if (!isDynamicSecurity(line)) return `a plug-in may decide who comes in and who may do what: ${at(line)}`;
    const file = security.get("plugin_opt_config_file")?.rest ?? "FILE";
    return `users and rules are in the file of a plug-in: ${
      at(line)
    }; "comqtt users import ${file}" takes them ` +
      'over, and "auth: [{ store: true }]" asks for them (docs/store.md)';
  });
}

export function isDynamicSecurity({ rest }: Line): boolean {
  return /mosquitto_dynamic_security(?:\.\w+)?$/.test(rest);
}

/** Where a name is needed: the users are those of one file, or it stays closed. */
function byName(conf: Conf, listener: ConfListener): string[] {
  const { options } = listener;
  const becauseTrue = (text: string): string[] => {
    const line = options.get("use_username_as_clientid");
    return line === undefined || truthOf(line) === false ? [] : because(line, text);
  };
  const open = letsAnybodyIn(conf, listener);
  const ofId = open ? becauseTrue("who has no user name is refused") : [];
  if (namesByCertificate(listener)) return ofId;
  const passwords = securityOf(conf, listener).get("password_file");
  const taken = passwords !== undefined && passwords.rest === accessOf(conf).passwords?.rest;
  if (open) {
    if (passwords === undefined || taken) return ofId;
    return [...ofId, ...because(passwords, "users of another file than on other listeners have their names")];
  }
  if (taken) return becauseTrue("a client has the id that is its user name");
  const said = anonymousLine(conf, listener);
  const who = passwords === undefined ? "" : `, those of ${at(passwords)}`;
  const why = said === undefined ? "mosquitto 2 demands that where nothing else is said" : at(said);
  return [`clients need a user name and a password${who} (${why})`];
}

function byRules(conf: Conf, listener: ConfListener): string[] {
  const line = securityOf(conf, listener).get("acl_file");
  if (line === undefined) return [];
  if (line.rest === "") return because(line, "no file is named");
  if (line.rest !== accessOf(conf).acl?.rest) {
    return because(line, "its rules for topics are other ones than those of other listeners");
  }
  return namesByCertificate(listener)
    ? because(line, "rules for topics are about the name in a certificate, which is no user name here")
    : [];
}

/** (There is a way to say it, but in a file of its own.) */
function byClientId({ global }: Conf): string[] {
  const line = global.get("clientid_prefixes");
  if (line === undefined) return [];
  const prefix = argumentsOf(line)[0] ?? "";
  // (In a ledger `a-*` is what has more than `a-`.)
  const rules =
    `auth: [{ client: '${prefix}', allow: true }, { client: '${prefix}*', allow: true }, { allow: false }]`;
  const same = /^[A-Za-z0-9_.:/-]+$/.test(prefix)
    ? `; "blacklist: FILE" is the same with a FILE that says "${rules}"`
    : "";
  return because(line, "only some client ids may connect").map((text) => text + same);
}
