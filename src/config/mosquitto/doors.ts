/** What keeps strangers out of a listener of mosquitto's and has no counterpart here: such a one is not opened. */

import type { Conf, ConfListener } from "./conf.ts";
import { addressFault } from "../address_fault.ts";
import { because, closedByAccess } from "./access_doors.ts";
import { addressOf } from "./address.ts";
import { truthOf } from "./lines.ts";

/** Why it stays closed; empty: it may be opened. */
export function closedBy(conf: Conf, listener: ConfListener): string[] {
  return [
    ...conf.unread.flatMap((line) =>
      because(line, "it could not be read, so nobody knows what else is asked for")
    ),
    ...closedByAccess(conf, listener),
    ...byTls(listener),
    ...byPlace(listener),
  ];
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

function byPlace(listener: ConfListener): string[] {
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
  ];
}
