/** A listener of mosquitto's as an item of `listeners`. */

import { canonicalOrigin } from "../../runtime/websocket/websocket_origin.ts";
import { accessRemarks } from "./access_remarks.ts";
import { addressOf } from "./address.ts";
import type { Conf, ConfListener, Remark } from "./conf.ts";
import { closedBy } from "./doors.ts";
import { argumentsOf, type Line, numberOf, truthOf } from "./lines.ts";
import { scalar } from "./yaml_text.ts";

export interface MigratedListener {
  readonly listener: ConfListener;
  /** Of the item, without the indent of the list. */
  readonly yaml: readonly string[];
  /** Why it is a comment; empty: it is none. */
  readonly closed: readonly string[];
  readonly remarks: readonly Remark[];
}

export function listenerOf(conf: Conf, listener: ConfListener): MigratedListener {
  const remarks: Remark[] = [];
  const { options, port, host } = listener;
  const websockets = options.get("protocol")?.rest === "websockets";
  const type = port === 0 ? "unix" : websockets ? "ws" : "tcp";
  const yaml = [`type: ${type}`];
  if (type === "unix") yaml.push(`path: ${scalar(host)}`);
  else yaml.push(`address: ${scalar(addressOf(listener))}`);
  const aliases = options.get("max_topic_alias_broker");
  if (aliases !== undefined && numberOf(aliases) !== undefined) {
    yaml.push(`topicAliasMaximumOut: ${Math.min(65_535, Math.max(0, numberOf(aliases)!))}`);
  }
  if (type === "ws") yaml.push(...originsOf(options.all("websockets_origin"), remarks));
  if (type !== "unix") yaml.push(...tlsOf(listener, remarks));
  remarks.push(...remarksOf(listener), ...accessRemarks(conf, listener));
  return { listener, yaml, closed: closedBy(conf, listener), remarks };
}

/** Whose pages may connect: everybody's there, where nothing is said. */
function originsOf(lines: readonly Line[], remarks: Remark[]): string[] {
  const origins = lines.map(({ rest }) => rest).filter((rest) => canonicalOrigin(rest) !== null);
  for (const line of lines) {
    if (!origins.includes(line.rest)) {
      remarks.push({ line, text: "not taken over: expected https://host[:port]" });
    }
  }
  return origins.length === 0 ? [] : [`origins: [${origins.map((one) => JSON.stringify(one)).join(", ")}]`];
}

const TLS_WORDS = ["cafile", "capath", "crlfile", "tls_version"] as const;

function tlsOf({ options }: ConfListener, remarks: Remark[]): string[] {
  const [cert, key, ca] = ["certfile", "keyfile", "cafile"].map((word) => options.get(word));
  const required = options.get("require_certificate");
  const strict = required !== undefined && truthOf(required) !== false;
  if (cert === undefined && key === undefined) {
    for (const word of TLS_WORDS) {
      const line = options.get(word);
      if (line !== undefined) remarks.push({ line, text: "without certfile and keyfile there is no TLS" });
    }
    return [];
  }
  for (const word of ["capath", "crlfile"]) {
    const line = options.get(word);
    if (line !== undefined && !strict) remarks.push({ line, text: "no client certificate is asked for" });
  }
  const lines = ["tls:", `  cert: ${scalar(cert?.rest ?? "?")}`, `  key: ${scalar(key?.rest ?? "?")}`];
  if (strict && ca !== undefined) lines.push(`  ca: ${scalar(ca.rest)}`, "  requireClientCertificate: true");
  else if (ca !== undefined) {
    remarks.push({
      line: ca,
      text: "no client certificate is asked for, so it is not needed; certfile has its chain",
    });
  }
  const version = options.get("tls_version");
  if (version?.rest === "tlsv1.3") lines.push("  minVersion: TLSv1.3");
  else if (version !== undefined && version.rest !== "tlsv1.2") {
    remarks.push({ line: version, text: "TLS 1.2 at least" });
  }
  return lines;
}

const words: Readonly<Record<string, string>> = {
  accept_protocol_versions:
    "of all listeners together here, from one on: capabilities.minimumProtocolVersion",
  ciphers: "the runtime chooses",
  "ciphers_tls1.3": "the runtime chooses",
  dhparamfile: "not needed here",
  http_dir: "no files are served here",
  listener_auto_id_prefix: "ids the broker gives begin with auto-",
  mptcp: "there is no Multipath TCP here",
  proxy_protocol_v2_require_tls: "there is no PROXY protocol here yet",
  tls_engine_kpass_sha1: "there are no engines here",
  plugin_use: "a plug-in of mosquitto can't be loaded here",
};

/** Those that say something by being there. */
function remarksOf({ options }: ConfListener): Remark[] {
  const remarks = options.every.flatMap((line) =>
    Object.hasOwn(words, line.word) ? [{ line, text: words[line.word]! }] : []
  );
  const domain = options.get("socket_domain");
  if (domain?.rest === "ipv6") remarks.push({ line: domain, text: "some systems take IPv4 at [::] as well" });
  const keyform = options.get("tls_keyform");
  if (keyform !== undefined && keyform.rest !== "pem") {
    remarks.push({ line: keyform, text: "keys are PEM files" });
  }
  const whenTrue: Readonly<Record<string, string>> = {
    use_identity_as_username: "hooks see the name in the certificate; it is no user name here",
    use_subject_as_username: "hooks see the name in the certificate; it is no user name here",
    use_username_as_clientid: "a client keeps its own id here",
    disable_client_cert_date_checks: "STRICTER: certificates that have expired are refused",
  };
  for (const [word, text] of Object.entries(whenTrue)) {
    if (options.says(word)) remarks.push({ line: options.get(word)!, text });
  }
  const websockets = options.get("protocol")?.rest === "websockets";
  if (!websockets) {
    for (const line of options.all("websockets_origin")) {
      remarks.push({ line, text: "the listener is none for WebSocket" });
    }
  }
  if (websockets && options.all("websockets_origin").length === 0) {
    remarks.push({
      line: options.get("protocol")!,
      text:
        "STRICTER: in browsers only pages of the host they connect to may, there all; origins: any is the same here",
    });
  }
  return remarks;
}

/** What the item is made from, for its comment. */
export function titleOf({ line, port }: ConfListener): string {
  if (line === null) return `the default listener, port ${port} of this machine alone`;
  return `${line.word} ${argumentsOf(line).join(" ")} (${line.place})`;
}
