/** What comqtt 2 files say of storage. */

import { assign, type Draft } from "./draft.ts";
import { quote } from "../core/problem.ts";
import { comqttStorage, storageKinds, type StorageValues } from "./storage.ts";
import type { ValueKind } from "./values.ts";
import type { Entry, Fields, YamlReader } from "./yaml_reader.ts";

type Mutable<T> = { -readonly [K in keyof T]?: T[K] };

/** Gathers keys that only mean something together. */
export class ComqttStorage {
  readonly fields: Fields;
  readonly #reader: YamlReader;
  #way: Entry | undefined;
  #path = "";
  readonly #redis: Mutable<StorageValues> = {};

  constructor(reader: YamlReader) {
    this.#reader = reader;
    this.fields = {
      storageWay: (entry) => this.#way = entry,
      storagePath: (entry) => this.#path = reader.text(entry) ?? "",
      redis: (entry) =>
        reader.read(entry, {
          options: (options) =>
            reader.read(options, {
              addr: (inner) => this.#take("address", inner, storageKinds.address),
              username: (inner) => this.#take("username", inner, storageKinds.username),
              password: (inner) => this.#take("password", inner, storageKinds.password),
              db: (inner) => this.#take("database", inner, storageKinds.database),
            }),
          prefix: (inner) => this.#take("prefix", inner, storageKinds.prefix),
        }),
    };
  }

  /** When the whole file is read. */
  finish({ storage }: Draft): void {
    if (this.#way === undefined) return;
    const type = this.#reader.value(this.#way, comqttStorage);
    if (type === undefined || storage.type !== undefined) return;
    storage.type = type;
    if (type === "memory") return;
    // (A file of comqtt 2 is of another kind, and is left as it is.)
    if (type === "sqlite") storage.path = `${(this.#path || "comqtt").replace(/\.db$/, "")}.sqlite`;
    else Object.assign(storage, this.#redis, { prefix: `${this.#redis.prefix ?? "comqtt"}:` });
    const where = type === "sqlite" ? `SQLite here, in ${quote(storage.path!)}` : "Redis here, in other keys";
    this.#reader.warn(
      this.#way.key,
      `${quote(this.#way.path)} is ${where}; what comqtt 2 has stored is not read`,
    );
  }

  /** What is left empty asks for nothing. */
  #take<K extends keyof StorageValues>(key: K, entry: Entry, kind: ValueKind<StorageValues[K]>): void {
    if (this.#reader.text(entry) === "") return;
    assign(this.#redis, key, this.#reader.value(entry, kind));
  }
}
