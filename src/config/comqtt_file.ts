/**
 * The keys of comqtt 2 files: those that have a counterpart here mean the same, those of features that are not
 * there yet are named, so that nobody believes they work.
 */

import type { TlsFiles } from "../listeners/tls_files.ts";
import type { ListenerSetting } from "./configuration.ts";
import { assign, type Draft, sectionFields } from "./draft.ts";
import { addressFault } from "./listener_text.ts";
import { quote } from "./problem.ts";
import { ComqttStorage } from "./comqtt_storage.ts";
import { capabilityKinds, limitKinds, sysTopicIntervalKind } from "./settings.ts";
import { yesOrNo } from "./values.ts";
import type { Entry, Fields, YamlReader } from "./yaml_reader.ts";

/** What comes with comqtt's files, by the mapping it stands in. */
export interface ComqttFields {
  readonly top: Fields;
  readonly log: Fields;
  /** When the whole file is read. */
  finish(): void;
}

export function comqttFields(reader: YamlReader, draft: Draft): ComqttFields {
  const later = notYet(reader);
  const storage = new ComqttStorage(reader);
  return {
    finish: () => storage.finish(draft),
    top: {
      mqtt: (entry) => readMqtt(reader, entry, draft),
      auth: (entry) => readAuth(reader, entry),
      ...fieldsOf(
        [
          "bridgeWay",
          "bridgePath",
          "pprofEnable",
          "dashboardEnable",
          "dashboard",
        ],
        later,
      ),
      ...storage.fields,
      ...fieldsOf(["cluster"], later),
    },
    log: fieldsOf(
      [
        "format",
        "output",
        "filename",
        "maxsize",
        "maxSize",
        "maxage",
        "maxAge",
        "maxbackups",
        "maxBackups",
        "compress",
      ],
      later,
      { enable: (entry) => reader.text(entry) === "true" ? undefined : later(entry) },
    ),
  };
}

function fieldsOf(names: readonly string[], field: (entry: Entry) => void, more: Fields = {}): Fields {
  return { ...Object.fromEntries(names.map((name) => [name, field])), ...more };
}

/** Values that ask for nothing. */
const nothing: readonly (string | undefined)[] = ["", "0", "false"];

function notYet(reader: YamlReader): (entry: Entry) => void {
  return (entry) => {
    if (nothing.includes(reader.text(entry))) return;
    reader.warn(entry.key, `${quote(entry.path)} is not supported yet and has no effect`);
  };
}

/** Access control that is asked for and not there must not let everyone in. */
function readAuth(reader: YamlReader, entry: Entry): void {
  const later = notYet(reader);
  reader.read(entry, {
    way: (way) => {
      if (nothing.includes(reader.text(way))) return;
      const value = quote(reader.text(way) ?? "");
      reader.error(
        way.key,
        `Cannot use ${value} for ${quote(way.path)}: only 0, which lets everyone in, is supported yet`,
      );
    },
    // (Without a way it means nothing.)
    datasource: () => {},
    confPath: () => {},
    blacklistPath: later,
  });
}

function readMqtt(reader: YamlReader, entry: Entry, draft: Draft): void {
  const addresses = new Map<"tcp" | "ws" | "http", Entry>();
  let tls: TlsFiles | undefined;
  let tlsEntry: Entry | undefined;
  reader.read(entry, {
    tcp: (inner) => addresses.set("tcp", inner),
    ws: (inner) => addresses.set("ws", inner),
    http: (inner) => addresses.set("http", inner),
    quic: notYet(reader),
    tls: (inner) => {
      tlsEntry = inner;
      tls = readTls(reader, inner);
    },
    options: (inner) => readOptions(reader, inner, draft),
  });
  for (const [type, inner] of addresses) {
    const setting = readAddress(reader, type, inner);
    draft.listeners.set(type, []);
    if (setting === null) continue;
    const listener = tls === undefined || type === "http" ? setting : encrypted(setting, tls);
    draft.listeners.set(listener.protocol, [listener]);
  }
  if (tls !== undefined && !addresses.has("tcp") && !addresses.has("ws")) {
    reader.error(
      tlsEntry!.key,
      `Nothing uses ${quote(tlsEntry!.path)}, expected "mqtt.tcp" or "mqtt.ws" as well`,
    );
  }
}

function encrypted(setting: ListenerSetting, tls: TlsFiles): ListenerSetting {
  const protocol = setting.protocol === "tcp" ? "tls" : "wss";
  return { ...setting, protocol, id: protocol, tls };
}

/** Null when it is off, or wrong. */
function readAddress(reader: YamlReader, type: "tcp" | "ws" | "http", entry: Entry): ListenerSetting | null {
  const address = reader.text(entry) ?? "?";
  // An address that is empty opened a port that nobody knew; here it opens none.
  if (["", "off", "false"].includes(address)) return null;
  const fault = addressFault(type, address);
  if (fault === null) return { protocol: type, id: type, address, origin: reader.place(entry.key) };
  reader.error(entry.node ?? entry.key, `${fault}, or off`);
  return null;
}

/** Undefined when all of it is empty, as in the files that come with comqtt. */
function readTls(reader: YamlReader, entry: Entry): TlsFiles | undefined {
  const paths = new Map<string, string>();
  const remember = (inner: Entry): void => {
    const path = reader.text(inner);
    if (path !== undefined && path !== "") paths.set(inner.name, path);
  };
  reader.read(entry, {
    caCert: remember,
    serverCert: remember,
    serverKey: remember,
    zeroRtt: notYet(reader),
  });
  if (paths.size === 0) return undefined;
  const [cert, key, ca] = ["serverCert", "serverKey", "caCert"].map((name) => paths.get(name));
  if (cert === undefined || key === undefined) {
    const missing = cert === undefined ? "server-cert" : "server-key";
    reader.error(entry.key, `Missing "${missing}" for ${quote(entry.path)}, expected the path of a PEM file`);
    return undefined;
  }
  return { cert, key, ...(ca === undefined ? {} : { ca, requireClientCert: true }) };
}

function readOptions(reader: YamlReader, entry: Entry, draft: Draft): void {
  const later = notYet(reader);
  const { queuedMessages, packetSize } = limitKinds;
  reader.read(entry, {
    sysTopicResendInterval: (inner) =>
      assign(draft, "sysTopicInterval", reader.value(inner, sysTopicIntervalKind)),
    inlineClient: later,
    // They say how comqtt uses memory, not what it does.
    clientWriteBufferSize: () => {},
    clientReadBufferSize: () => {},
    capabilities: (inner) =>
      reader.read(inner, {
        ...sectionFields(reader, draft.capabilities, capabilityKinds),
        maximumClientWritesPending: (e) =>
          assign(draft.limits, "queuedMessages", reader.value(e, queuedMessages)),
        // 0 is no limit there; here there always is one, and it stays.
        maximumPacketSize: (e) =>
          reader.text(e) === "0"
            ? undefined
            : assign(draft.limits, "packetSize", reader.value(e, packetSize)),
        compatibilities: (e) =>
          reader.read(e, {
            obscureNotAuthorized: (o) =>
              assign(draft.capabilities, "obscureNotAuthorized", reader.value(o, yesOrNo)),
            restoreSysInfoRestart: (o) => assign(draft, "restoreCounters", reader.value(o, yesOrNo)),
            ...fieldsOf(
              [
                "passiveClientDisconnect",
                "alwaysReturnResponse",
                "noinheritedpropertiesonack",
              ],
              later,
            ),
          }),
      }),
  });
}
