/** What comqtt 2 files say of storage. */

import type { Draft } from "../draft.ts";
import { quote } from "../../core/problem.ts";
import type { Entry, Fields, SourceReader } from "../source_reader.ts";
import { comqttStorage } from "../storage.ts";
import { settingAt } from "../table/check.ts";
import { anyText } from "../values.ts";

/** Gathers keys that only mean something together. */
export class ComqttStorage {
  readonly fields: Fields;
  readonly #reader: SourceReader;
  #way: Entry | undefined;
  #path: { readonly text: string; readonly entry: Entry } | undefined;
  /** By the name of the setting here. */
  readonly #redis: Map<string, { readonly value: unknown; readonly entry: Entry }> = new Map();

  constructor(reader: SourceReader) {
    this.#reader = reader;
    const take = (name: string) => (entry: Entry): void => this.#take(name, entry);
    this.fields = {
      storageWay: (entry) => this.#way = entry,
      storagePath: (entry) => this.#path = { text: reader.value(entry, anyText) ?? "", entry },
      redis: (entry) =>
        reader.read(entry, {
          options: (options) =>
            reader.read(options, {
              addr: take("address"),
              username: take("username"),
              password: take("password"),
              db: take("database"),
            }),
          prefix: take("prefix"),
        }),
    };
  }

  /** When the whole file is read. */
  finish(draft: Draft): void {
    const way = this.#way;
    if (way === undefined) return;
    const type = this.#reader.value(way, comqttStorage);
    if (type === undefined || draft.found.get("storage.type") !== undefined) return;
    draft.set("storage.type", type, way);
    if (type === "memory") return;
    // (A file of comqtt 2 is of another kind, and is left as it is.)
    const path = `${(this.#path?.text || "comqtt").replace(/\.db$/, "")}.sqlite`;
    if (type === "sqlite") draft.set("storage.path", path, this.#path?.entry ?? way);
    else this.#setRedis(draft, way);
    const where = type === "sqlite" ? `SQLite here, in ${quote(path)}` : "Redis here, in other keys";
    this.#reader.warn(way.key, `${quote(way.path)} is ${where}; what comqtt 2 has stored is not read`);
  }

  #setRedis(draft: Draft, way: Entry): void {
    for (const [name, { value, entry }] of this.#redis) draft.set(`storage.${name}`, value, entry);
    const prefix = this.#redis.get("prefix");
    draft.set("storage.prefix", `${prefix?.value ?? "comqtt"}:`, prefix?.entry ?? way);
  }

  /** What is left empty asks for nothing. */
  #take(name: string, entry: Entry): void {
    if (this.#reader.text(entry) === "") return;
    const value = this.#reader.value(entry, settingAt(`storage.${name}`).kind);
    if (value !== undefined) this.#redis.set(name, { value, entry });
  }
}
