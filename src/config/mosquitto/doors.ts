/** What keeps strangers out of a listener of mosquitto's and has no counterpart here: such a one is not opened. */

import { type Conf, type ConfListener, type Lines, shown } from "./conf.ts";
import { addressFault } from "../address_fault.ts";
import { addressOf } from "./address.ts";
import { type Line, truthOf } from "./lines.ts";
import { anonymousLine, letsAnybodyIn, securityOf, usersOf } from "./users.ts";

/** Why it stays closed; empty: it may be opened. */
export function closedBy(conf: Conf, listener: ConfListener): string[] {
  const security = securityOf(conf, listener);
  return [
    ...conf.unread.map((line) => `nobody knows what else is asked for: ${at(line)} could not be read`),
    ...byPlugins(conf, listener, security),
    ...because(security.get("acl_file"), "rules say which topics clients may use"),
    ...byName(conf, listener, security),
    ...byTls(listener),
    ...byPlace(conf, listener),
  ];
}

function at(line: Line): string {
  return `${line.place} ${shown(line)}`;
}

function because(line: Line | undefined, text: string): string[] {
  return line === undefined ? [] : [`${text}: ${at(line)}`];
}

function becauseTrue(line: Line | undefined, text: string): string[] {
  return line === undefined || truthOf(line) === false ? [] : because(line, text);
}

/** A plug-in may be anything, but one that only stores has nothing to say about who comes in. */
function byPlugins({ global }: Conf, { options }: ConfListener, security: Lines): string[] {
  const lines = [
    ...global.all("global_plugin"),
    ...["plugin", "auth_plugin"].flatMap((word) => security.all(word)),
    ...options.all("plugin_use"),
  ];
  return lines.filter(({ rest }) => !/persist_?sqlite/.test(rest))
    .map((line) => `a plug-in may decide who comes in and who may do what: ${at(line)}`);
}

/** Where a name is needed: the users are those of one file, or it stays closed. */
function byName(conf: Conf, listener: ConfListener, security: Lines): string[] {
  const { options } = listener;
  if (letsAnybodyIn(conf, listener)) {
    return becauseTrue(options.get("use_username_as_clientid"), "who has no user name is refused");
  }
  // Who has a certificate has a name.
  const certificate = options.says("require_certificate") &&
    (options.says("use_identity_as_username") || options.says("use_subject_as_username"));
  if (certificate) return [];
  const passwords = security.get("password_file");
  if (passwords !== undefined && passwords.rest === usersOf(conf)?.rest) {
    return becauseTrue(options.get("use_username_as_clientid"), "a client has the id that is its user name");
  }
  const said = anonymousLine(conf, listener);
  const who = passwords === undefined ? "" : `, those of ${at(passwords)}`;
  const why = said === undefined ? "mosquitto 2 demands that where nothing else is said" : at(said);
  return [`clients need a user name and a password${who} (${why})`];
}

function byTls({ options }: ConfListener): string[] {
  const reasons = [
    ...because(options.get("psk_hint"), "it is encrypted with pre-shared keys"),
    ...because(options.get("tls_engine"), "its key is in an engine of OpenSSL"),
  ];
  for (const word of ["certfile", "keyfile", "cafile"]) {
    const line = options.get(word);
    if (line?.rest === "") reasons.push(...because(line, "no file is named"));
  }
  const [cert, key] = [options.get("certfile"), options.get("keyfile")];
  const half = cert === undefined ? key : key === undefined ? cert : undefined;
  reasons.push(...because(half, "only one half of certfile and keyfile is there"));
  const required = options.get("require_certificate");
  if (required === undefined || truthOf(required) === false) return reasons;
  if (cert === undefined && key === undefined) {
    reasons.push(...because(required, "clients need a certificate, and it has none itself"));
  }
  reasons.push(...because(options.get("crlfile"), "certificates that were revoked are refused"));
  if (options.get("cafile") === undefined) {
    const path = options.get("capath");
    reasons.push(...because(
      path ?? required,
      path === undefined
        ? "nobody says whose client certificates count"
        : "authorities are one file here: cat DIR/*.crt > ca.pem, then tls: { ca: ca.pem }",
    ));
  } else {reasons.push(
      ...because(options.get("capath"), "authorities are one file here, and it has a directory as well"),
    );}
  return reasons;
}

function byPlace({ global }: Conf, listener: ConfListener): string[] {
  const { options, port, host } = listener;
  const protocol = options.get("protocol");
  const address = port === 0 ? null : addressFault("tcp", addressOf(listener));
  const other = protocol !== undefined && !["mqtt", "websockets"].includes(protocol.rest);
  return [
    ...(address === null ? [] : [`that is no address here: ${address}`]),
    ...(port === 0 && host === "" ? ["it has neither a port nor the path of a socket"] : []),
    ...(other ? because(protocol, "there is no such protocol for clients here") : []),
    ...because(options.get("bind_interface"), "it is bound to an interface; here to an address"),
    ...because(options.get("mount_point"), "its clients see one part of the topics alone"),
    ...because(options.get("enable_proxy_protocol"), "only a proxy that says PROXY may connect"),
    ...because(global.get("clientid_prefixes"), "only some client ids may connect"),
  ];
}
