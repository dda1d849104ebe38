/**
 * The keys of comqtt 2 files: those that have a counterpart here mean the same, those of features that are not
 * there yet are named, so that nobody believes they work.
 */

import { defaultLimits } from "../../core/options.ts";
import type { TlsFiles } from "../../listeners/tls_files.ts";
import type { ListenerSetting } from "../configuration.ts";
import type { Draft } from "../draft.ts";
import { addressFault } from "../address_fault.ts";
import { quote } from "../../core/problem.ts";
import { type ComqttAuth, takeComqttAuth } from "./auth.ts";
import { ComqttStorage } from "./storage.ts";
import type { Entry, Fields, SourceReader } from "../source_reader.ts";
import { anyText, formatBytes, yesOrNo } from "../values.ts";

/** What comes with comqtt's files, by the mapping it stands in. */
export interface ComqttFields {
  readonly top: Fields;
  readonly log: Fields;
  /** When the whole file is read. */
  finish(): void;
}

export function comqttFields(reader: SourceReader, draft: Draft): ComqttFields {
  const later = notYet(reader);
  const storage = new ComqttStorage(reader);
  const packetSize = new PacketSize(reader);
  let silenced: Entry | null = null;
  return {
    finish: () => {
      storage.finish(draft);
      packetSize.finish(draft);
      // (Whatever its level says.)
      if (silenced !== null) draft.set("log.level", "off", silenced);
    },
    top: {
      mqtt: (entry) => readMqtt(reader, entry, { draft, packetSize }),
      auth: (entry) => readAuth(reader, entry, draft),
      bridgeWay: notYet(reader, ["none"]),
      ...fieldsOf(["pprofEnable", "dashboardEnable", "cluster"], later),
      // What they are for is warned of already, if it was asked for.
      ...fieldsOf(["bridgePath", "dashboard"], passedOver),
      ...storage.fields,
    },
    log: {
      enable: (entry) => {
        if (reader.value(entry, yesOrNo) === false) silenced = entry;
      },
      filename: (entry) => {
        if (reader.text(entry) !== "") draft.take("log.file", entry);
      },
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

/** `names`: of values that ask for nothing, either. */
function notYet(reader: SourceReader, names: readonly string[] = []): (entry: Entry) => void {
  return (entry) => {
    const text = reader.text(entry);
    if (!nothing.includes(text) && !names.includes(text ?? "")) warnOf(reader, entry);
  };
}

function warnOf(reader: SourceReader, { key, path }: Entry): void {
  reader.warn(key, `${quote(path)} is not supported yet and has no effect`);
}

function readAuth(reader: SourceReader, entry: Entry, { found }: Draft): void {
  const said: { -readonly [K in keyof ComqttAuth]: ComqttAuth[K] } = {};
  const take = (name: keyof ComqttAuth) => (inner: Entry): void => {
    const text = reader.value(inner, anyText);
    if (text !== undefined) said[name] = { text, where: reader.place(inner.key), name: inner.path };
  };
  reader.read(entry, {
    way: take("way"),
    datasource: take("datasource"),
    confPath: take("confPath"),
    blacklistPath: take("blacklistPath"),
  });
  reader.problems.push(...takeComqttAuth(said, found, { confPath: '"auth.conf-path"' }));
}

function readMqtt(reader: SourceReader, entry: Entry, reading: Reading): void {
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
function readAddress(
  reader: SourceReader,
  type: "tcp" | "ws" | "http",
  entry: Entry,
): ListenerSetting | null {
  const address = reader.value(entry, anyText);
  if (address === undefined) return null;
  // An address that is empty opened a port that nobody knew; here it opens none.
  if (["", "off", "false"].includes(address)) return null;
  const fault = addressFault(type, address);
  if (fault === null) return { protocol: type, id: type, address, origin: reader.place(entry.key) };
  reader.error(entry.node ?? entry.key, `${fault}, or off`);
  return null;
}

/** Undefined when all of it is empty, as in the files that come with comqtt. */
function readTls(reader: SourceReader, entry: Entry): TlsFiles | undefined {
  const paths = new Map<string, string>();
  const remember = (inner: Entry): void => {
    const path = reader.value(inner, anyText);
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

function readOptions(reader: SourceReader, entry: Entry, { draft, packetSize }: Reading): void {
  const later = notYet(reader);
  reader.read(entry, {
    sysTopicResendInterval: (inner) => draft.take("sysTopicInterval", inner),
    // Publishing by the program itself needs no permission here; buffers say how comqtt uses memory, not what it does.
    ...fieldsOf(["inlineClient", "clientWriteBufferSize", "clientReadBufferSize"], passedOver),
    capabilities: (inner) =>
      reader.read(inner, {
        ...draft.capabilityFields(),
        maximumClientWritesPending: (e) => draft.take("limits.queuedMessages", e),
        maximumPacketSize: (e) => packetSize.read(e, draft),
        compatibilities: (e) =>
          reader.read(e, {
            obscureNotAuthorized: (o) => draft.take("capabilities.obscureNotAuthorized", o),
            restoreSysInfoRestart: (o) => draft.take("restoreCounters", o),
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
  readonly #reader: SourceReader;
  #unlimited: Entry | null = null;

  constructor(reader: SourceReader) {
    this.#reader = reader;
  }

  read(entry: Entry, draft: Draft): void {
    if (this.#reader.text(entry) === "0") this.#unlimited = entry;
    else draft.take("limits.packetSize", entry);
  }

  /** When the whole file is read. */
  finish({ found }: Draft): void {
    if (this.#unlimited === null || found.get("limits.packetSize") !== undefined) return;
    const { key, path } = this.#unlimited;
    this.#reader.warn(
      key,
      `${quote(path)} 0 is no limit in comqtt 2 and ${formatBytes(defaultLimits.packetSize)} here; ` +
        '"limits.packetSize" sets another one',
    );
  }
}
