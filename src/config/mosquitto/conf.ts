/** A mosquitto.conf by what its lines belong to. */

import { nearest } from "../../core/nearest.ts";
import { directives, isPluginOption, isSecret, sectionOf } from "./directives.ts";
import { argumentsOf, type Line, linesOf, truthOf } from "./lines.ts";

/** By directive; the last one of a name holds, where it is not one that may come several times. */
export class Lines {
  readonly #byWord: Map<string, Line[]> = new Map();

  add(line: Line): void {
    const before = this.#byWord.get(line.word);
    if (before === undefined) this.#byWord.set(line.word, [line]);
    else before.push(line);
  }

  get(word: string): Line | undefined {
    return this.#byWord.get(word)?.at(-1);
  }

  all(word: string): readonly Line[] {
    return this.#byWord.get(word) ?? [];
  }

  says(word: string): boolean {
    const line = this.get(word);
    return line !== undefined && truthOf(line) === true;
  }

  get every(): readonly Line[] {
    return [...this.#byWord.values()].flat();
  }
}

export interface ConfListener {
  /** Null: nothing in the file asks for it by itself. */
  readonly line: Line | null;
  /** Empty: all addresses. The path of a Unix socket when the port is 0. */
  host: string;
  /** NaN: it says none. */
  port: number;
  readonly options: Lines;
  /** Its own, with `per_listener_settings true`. */
  readonly security: Lines;
}

export interface Bridge {
  readonly line: Line;
  readonly options: Line[];
}

/** What has to be said of a line. */
export interface Remark {
  readonly line: Line;
  readonly text: string;
}

/** The files in a directory, in mosquitto's order; null: it cannot be read. */
export type Include = (
  directory: string,
) => readonly { readonly path: string; readonly text: string }[] | null;

export interface Conf {
  readonly global: Lines;
  readonly security: Lines;
  readonly perListener: boolean;
  readonly listeners: readonly ConfListener[];
  /** Without any listener only this machine can connect. */
  readonly localOnly: boolean;
  readonly bridges: readonly Bridge[];
  /** Nobody knows what else is asked for. */
  readonly unread: readonly Line[];
  readonly remarks: readonly Remark[];
}

const DEFAULT_PORT = 1883;

/** Reads all of it; what is wrong with it is a remark. */
export function readConf(text: string, file: string, include: Include): Conf {
  const reader = new ConfReader();
  for (const line of withIncluded(linesOf(text, file), include, reader)) reader.read(line);
  return reader.finish();
}

function* withIncluded(lines: readonly Line[], include: Include, reader: ConfReader): Generator<Line> {
  for (const line of lines) {
    if (line.word !== "include_dir") {
      yield line;
      continue;
    }
    const files = include(line.rest);
    if (files === null) reader.unread.push(line);
    else reader.remark(line, `${files.length} files of it are in this one`);
    for (const { path, text } of files ?? []) {
      for (const inner of linesOf(text, path)) {
        if (inner.word === "include_dir") reader.remark(inner, "only the main file may have it; not read");
        else yield inner;
      }
    }
  }
}

function emptyListener(line: Line | null): ConfListener {
  return { line, host: "", port: NaN, options: new Lines(), security: new Lines() };
}

class ConfReader {
  readonly unread: Line[] = [];
  readonly #remarks: Remark[] = [];
  readonly #global = new Lines();
  readonly #security = new Lines();
  readonly #listeners: ConfListener[] = [];
  readonly #bridges: Bridge[] = [];
  /** What comes before any `listener`: it belongs to `port` and `bind_address`. */
  readonly #early = emptyListener(null);
  #default: ConfListener | null = null;
  #current: ConfListener = this.#early;
  #perListener = false;

  remark(line: Line, text: string): void {
    this.#remarks.push({ line, text });
  }

  read(line: Line): void {
    switch (sectionOf(line.word)) {
      case "global":
        if (line.word === "per_listener_settings" && truthOf(line) === true) this.#perListener = true;
        this.#global.add(line);
        break;
      case "listener":
        this.#ofListener(line);
        break;
      case "security":
        (this.#perListener ? this.#current.security : this.#security).add(line);
        break;
      case "bridge":
        this.#ofBridge(line);
        break;
      case undefined:
        this.remark(line, unknown(line.word));
    }
  }

  #ofListener(line: Line): void {
    const [first = "", second = ""] = argumentsOf(line);
    if (line.word === "listener") {
      this.#current = emptyListener(line);
      this.#current.port = /^\d{1,5}$/.test(first) ? Number(first) : NaN;
      this.#current.host = second;
      this.#listeners.push(this.#current);
    } else if (line.word === "port" || line.word === "bind_address") {
      this.#current = this.#default ??= { ...this.#early, line };
      if (line.word === "bind_address") this.#default.host = first;
      else this.#default.port = /^\d{1,5}$/.test(first) ? Number(first) : 0;
    } else this.#current.options.add(line);
  }

  #ofBridge(line: Line): void {
    if (line.word === "connection") this.#bridges.push({ line, options: [] });
    else if (this.#bridges.length === 0) {
      this.remark(line, 'it belongs to a "connection", and there is none before it');
    } else this.#bridges.at(-1)!.options.push(line);
  }

  finish(): Conf {
    const localOnly = this.#default === null && this.#listeners.length === 0;
    if (this.#default !== null) {
      if (Number.isNaN(this.#default.port)) this.#default.port = DEFAULT_PORT;
      this.#listeners.unshift(this.#default);
    } else if (localOnly) {
      this.#early.host = "127.0.0.1";
      this.#early.port = DEFAULT_PORT;
      this.#listeners.push(this.#early);
    } else this.#nobodys();
    return {
      global: this.#global,
      security: this.#security,
      perListener: this.#perListener,
      listeners: this.#listeners,
      localOnly,
      bridges: this.#bridges,
      unread: this.unread,
      remarks: this.#remarks,
    };
  }

  /** mosquitto 2.0 opens a listener for them that nobody has asked for. */
  #nobodys(): void {
    for (const line of [...this.#early.options.every, ...this.#early.security.every]) {
      this.remark(
        line,
        `it stands before any listener, for which mosquitto 2.0 opens port ${DEFAULT_PORT} as well; NOT OPENED HERE`,
      );
    }
  }
}

function unknown(word: string): string {
  const meant = nearest(word, directives);
  return `mosquitto has no such directive${meant === null ? "" : `, did you mean ${meant}`}`;
}

/** The line as it may be shown. */
export function shown({ word, rest }: Line): string {
  const text = isSecret(word) || isPluginOption(word) ? "..." : rest;
  // (One line, whatever is in it.)
  const clean = text.replace(/[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]/g, "?");
  return `${word.replace(/[^\x21-\x7e]/g, "?")} ${clean.length > 80 ? `${clean.slice(0, 80)}...` : clean}`
    .trim();
}
