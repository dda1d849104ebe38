/** The `listeners` of a configuration file. */

import type { TlsFiles } from "../listeners/tls_files.ts";
import type { ListenerSetting, Protocol } from "./configuration.ts";
import { addressFault } from "./listener_text.ts";
import { assign } from "./draft.ts";
import { readOrigins } from "./origins.ts";
import { quote } from "../core/problem.ts";
import { capabilityKinds } from "./settings.ts";
import { duration, fileMode, integer, oneOf, secretText, someText, yesOrNo } from "./values.ts";
import type { Entry, YamlReader } from "./yaml_reader.ts";

type ListenerType = "tcp" | "ws" | "http" | "unix";
type Mutable<T> = { -readonly [K in keyof T]?: T[K] };

const typeKind = oneOf<ListenerType>(["tcp", "ws", "http", "unix"]);

export function readListeners(reader: YamlReader, entry: Entry): ListenerSetting[] {
  const ids = new Map<string, string>();
  const settings: ListenerSetting[] = [];
  for (const item of reader.items(entry)) {
    const setting = readListener(reader, item, ids);
    if (setting !== null) settings.push(setting);
  }
  // Those without an id get what the others have left.
  return settings.map((setting) =>
    setting.id === "" ? { ...setting, id: freeId(setting.protocol, ids) } : setting
  );
}

function freeId(protocol: Protocol, taken: Map<string, string>): string {
  let id: string = protocol;
  for (let i = 2; taken.has(id); i++) id = `${protocol}-${i}`;
  taken.set(id, "");
  return id;
}

/** Null when there is something wrong with it. `ids`: where each id that was given stands. */
function readListener(reader: YamlReader, item: Entry, ids: Map<string, string>): ListenerSetting | null {
  const errors = reader.problems.length;
  const draft: Mutable<ListenerSetting> = {};
  const entries = new Map<string, Entry>();
  let type: ListenerType | undefined;
  const remember = (entry: Entry): void => void entries.set(entry.name, entry);
  reader.read(item, {
    type: (entry) => type = reader.value(entry, typeKind),
    id: (entry) => {
      const id = reader.value(entry, someText);
      assign(draft, "id", id);
      if (id === undefined) return;
      const before = ids.get(id);
      if (before === undefined) ids.set(id, reader.place(entry.key));
      else reader.error(entry.key, `Cannot use the id ${quote(id)} again: it stands at ${before} already`);
    },
    address: (entry) => {
      remember(entry);
      assign(draft, "address", reader.value(entry, someText));
    },
    path: (entry) => {
      remember(entry);
      assign(draft, "path", reader.value(entry, someText));
    },
    requireSubprotocol: (entry) => {
      remember(entry);
      assign(draft, "requireSubprotocol", reader.value(entry, yesOrNo));
    },
    pingInterval: (entry) => {
      remember(entry);
      assign(draft, "pingInterval", reader.value(entry, duration("s", [0, 86_400])));
    },
    origins: (entry) => {
      remember(entry);
      assign(draft, "origins", readOrigins(reader, entry));
    },
    backlog: (entry) => {
      remember(entry);
      assign(draft, "backlog", reader.value(entry, integer([1, 65_535])));
    },
    mode: (entry) => {
      remember(entry);
      assign(draft, "mode", reader.value(entry, fileMode));
    },
    topicAliasMaximumOut: (entry) => {
      remember(entry);
      assign(draft, "topicAliasMaximumOut", reader.value(entry, capabilityKinds.topicAliasMaximumOut));
    },
    tls: (entry) => {
      remember(entry);
      assign(draft, "tls", readTls(reader, entry));
    },
  });
  if (reader.problems.length > errors) return null;
  if (type === undefined) {
    reader.error(item.key, `Missing "type" for ${quote(item.path)}, expected ${typeKind.accepted}`);
    return null;
  }
  return complete(reader, item, { type, draft, entries });
}

interface Read {
  readonly type: ListenerType;
  readonly draft: Mutable<ListenerSetting>;
  readonly entries: ReadonlyMap<string, Entry>;
}

/** The keys that a type takes besides `type` and `id`; the first one is needed. */
const keysOf: Readonly<Record<ListenerType, readonly string[]>> = {
  tcp: ["address", "tls", "backlog", "topicAliasMaximumOut"],
  ws: ["address", "tls", "path", "requireSubprotocol", "pingInterval", "origins", "topicAliasMaximumOut"],
  http: ["address", "tls"],
  unix: ["path", "mode", "topicAliasMaximumOut"],
};

const encrypted: Readonly<Record<ListenerType, Protocol>> = {
  tcp: "tls",
  ws: "wss",
  http: "https",
  unix: "unix",
};

function complete(reader: YamlReader, item: Entry, { type, draft, entries }: Read): ListenerSetting | null {
  const errors = reader.problems.length;
  const keys = keysOf[type];
  for (const [name, entry] of entries) {
    if (keys.includes(name)) continue;
    reader.error(
      entry.key,
      `Cannot use ${quote(entry.path)} with type "${type}", which takes ${keys.join(", ")}`,
    );
  }
  const where = entries.get(keys[0]!);
  if (where === undefined) {
    reader.error(item.key, `Missing "${keys[0]}" for ${quote(item.path)} of type "${type}"`);
  }
  const { path, ...rest } = draft;
  const address = (type === "unix" ? path : rest.address) ?? "";
  const protocol = draft.tls === undefined ? type : encrypted[type];
  const fault = where === undefined ? null : addressFault(protocol, address);
  if (fault !== null) reader.error(where!.node ?? where!.key, fault);
  if (reader.problems.length > errors) return null;
  const id = draft.id ?? "";
  const origin = reader.place(item.key);
  return {
    ...rest,
    ...(path === undefined || type === "unix" ? {} : { path }),
    protocol,
    id,
    address,
    origin,
  };
}

const halfMissing = "expected the path of a PEM file; one with certificate and key may be given for both";
const minimumVersion = oneOf(["TLSv1.2", "TLSv1.3"]);

function readTls(reader: YamlReader, entry: Entry): TlsFiles | undefined {
  const errors = reader.problems.length;
  const draft: Mutable<TlsFiles> = {};
  reader.read(entry, {
    cert: (inner) => assign(draft, "cert", reader.value(inner, someText)),
    key: (inner) => assign(draft, "key", reader.value(inner, someText)),
    ca: (inner) => assign(draft, "ca", reader.value(inner, someText)),
    passphrase: (inner) => assign(draft, "passphrase", reader.value(inner, secretText)),
    passphraseFile: (inner) => assign(draft, "passphraseFile", reader.value(inner, someText)),
    requestClientCertificate: (inner) => assign(draft, "requestClientCert", reader.value(inner, yesOrNo)),
    requireClientCertificate: (inner) => assign(draft, "requireClientCert", reader.value(inner, yesOrNo)),
    // (As the library and the log call them.)
    requestClientCert: (inner) => assign(draft, "requestClientCert", reader.value(inner, yesOrNo)),
    requireClientCert: (inner) => assign(draft, "requireClientCert", reader.value(inner, yesOrNo)),
    minVersion: (inner) => assign(draft, "minVersion", reader.value(inner, minimumVersion)),
  });
  const { cert, key, ca, passphrase, passphraseFile } = draft;
  if (passphrase !== undefined && passphraseFile !== undefined) {
    reader.error(entry.key, `Cannot use "passphrase" beside "passphraseFile" for ${quote(entry.path)}`);
  }
  for (const [name, value] of [["cert", cert], ["key", key]] as const) {
    if (value === undefined && reader.problems.length === errors) {
      reader.error(entry.key, `Missing "${name}" for ${quote(entry.path)}, ${halfMissing}`);
    }
  }
  const { requestClientCert, requireClientCert } = draft;
  if (ca === undefined && (requestClientCert === true || requireClientCert === true)) {
    reader.error(
      entry.key,
      `Missing "ca" for ${quote(entry.path)}: nobody says whose client certificates count`,
    );
  }
  if (cert === undefined || key === undefined) return undefined;
  // An authority that nobody is held against would be a trap.
  const strict = ca !== undefined && requestClientCert !== true;
  return { requireClientCert: strict, ...draft, cert, key };
}
