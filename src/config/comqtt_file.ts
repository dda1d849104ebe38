/**
 * The keys of comqtt 2 files: those that have a counterpart here mean the same, those of features that are not
 * there yet are named, so that nobody believes they work.
 */

import { defaultLimits } from "../core/options.ts";
import type { TlsFiles } from "../listeners/tls_files.ts";
import type { ListenerSetting } from "./configuration.ts";
import { assign, type Draft, sectionFields } from "./draft.ts";
import { addressFault } from "./listener_text.ts";
import { quote } from "../core/problem.ts";
import { ComqttStorage } from "./comqtt_storage.ts";
import { capabilityKinds, limitKinds, sysTopicIntervalKind } from "./settings.ts";
import { formatBytes, yesOrNo } from "./values.ts";
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
  const packetSize = new PacketSize(reader);
  return {
    finish: () => {
      storage.finish(draft);
      packetSize.finish(draft);
    },
    top: {
      mqtt: (entry) => readMqtt(reader, entry, { draft, packetSize }),
      auth: (entry) => readAuth(reader, entry),
      ...fieldsOf(["bridgeWay", "pprofEnable", "dashboardEnable", "cluster"], later),
      // What they are for is warned of already, if it was asked for.
      ...fieldsOf(["bridgePath", "dashboard"], passedOver),
      ...storage.fields,
    },
    log: {
      ...fieldsOf(["format", "output"], later),
      // They are about the file that "output" asks for.
      ...fieldsOf(
        ["filename", "maxsize", "maxSize", "maxage", "maxAge", "maxbackups", "maxBackups", "compress"],
        passedOver,
      ),
      enable: (entry) => reader.text(entry) === "true" ? undefined : warnOf(reader, entry),
    },
  };
}

interface Reading {
  readonly draft: Draft;
  readonly packetSize: PacketSize;
}

/** For what means nothing by itself, or nothing here. */
function passedOver(): void {}

function fieldsOf(names: readonly string[], field: (entry: Entry) => void): Fields {
  return Object.fromEntries(names.map((name) => [name, field]));
}

/** Values that ask for nothing. */
const nothing: readonly (string | undefined)[] = ["", "0", "false"];

function notYet(reader: YamlReader): (entry: Entry) => void {
  return (entry) => {
    if (!nothing.includes(reader.text(entry))) warnOf(reader, entry);
  };
}

function warnOf(reader: YamlReader, { key, path }: Entry): void {
  reader.warn(key, `${quote(path)} is not supported yet and has no effect`);
}

/** Access control that is asked for and not there must not let everyone in. */
function readAuth(reader: YamlReader, entry: Entry): void {
  reader.read(entry, {
    way: (way) => {
      if (nothing.includes(reader.text(way))) return;
      const value = quote(reader.text(way) ?? "");
      reader.error(
        way.key,
        `Cannot use ${value} for ${quote(way.path)}: only 0, which lets everyone in, is supported yet`,
      );
    },
    // (Without a way they mean nothing.)
    ...fieldsOf(["datasource", "confPath", "blacklistPath"], passedOver),
  });
}

function readMqtt(reader: YamlReader, entry: Entry, reading: Reading): void {
  const { draft } = reading;
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
    options: (inner) => readOptions(reader, inner, reading),
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

function readOptions(reader: YamlReader, entry: Entry, { draft, packetSize }: Reading): void {
  const later = notYet(reader);
  const { queuedMessages } = limitKinds;
  reader.read(entry, {
    sysTopicResendInterval: (inner) =>
      assign(draft, "sysTopicInterval", reader.value(inner, sysTopicIntervalKind)),
    // Publishing by the program itself needs no permission here; buffers say how comqtt uses memory, not what it does.
    ...fieldsOf(["inlineClient", "clientWriteBufferSize", "clientReadBufferSize"], passedOver),
    capabilities: (inner) =>
      reader.read(inner, {
        ...sectionFields(reader, draft.capabilities, capabilityKinds),
        maximumClientWritesPending: (e) =>
          assign(draft.limits, "queuedMessages", reader.value(e, queuedMessages)),
        maximumPacketSize: (e) => packetSize.read(e, draft),
        compatibilities: (e) =>
          reader.read(e, {
            obscureNotAuthorized: (o) =>
              assign(draft.capabilities, "obscureNotAuthorized", reader.value(o, yesOrNo)),
            restoreSysInfoRestart: (o) => assign(draft, "restoreCounters", reader.value(o, yesOrNo)),
            ...fieldsOf(
              ["passiveClientDisconnect", "alwaysReturnResponse", "noinheritedpropertiesonack"],
              later,
            ),
          }),
      }),
  });
}

/** 0 is no limit there. Here there always is one, which is told to whoever has not set it elsewhere in the file. */
class PacketSize {
  readonly #reader: YamlReader;
  #unlimited: Entry | null = null;

  constructor(reader: YamlReader) {
    this.#reader = reader;
  }

  read(entry: Entry, draft: Draft): void {
    if (this.#reader.text(entry) === "0") this.#unlimited = entry;
    else assign(draft.limits, "packetSize", this.#reader.value(entry, limitKinds.packetSize));
  }

  /** When the whole file is read. */
  finish({ limits }: Draft): void {
    if (this.#unlimited === null || limits.packetSize !== undefined) return;
    const { key, path } = this.#unlimited;
    this.#reader.warn(
      key,
      `${quote(path)} 0 is no limit in comqtt 2 and ${formatBytes(defaultLimits.packetSize)} here; ` +
        '"limits.packetSize" sets another one',
    );
  }
}
