/** Reads mosquitto's `acl_file`, line by line as mosquitto does; what mosquitto takes for something else than is meant is an error. */

import { isTopicFilter } from "../../../src/topics/names.ts";
import { quote } from "../../../src/core/problem.ts";
import { nextTurn } from "../../../src/runtime/turn.ts";
import { accessOf } from "../rules/access.ts";
import type { RuleAccess } from "../rules/types.ts";
import { AclError, type AclProblem } from "./error.ts";
import type { MosquittoLine, MosquittoLines } from "./mosquitto.ts";

/** Milliseconds the event loop is held up at a time. */
const SLICE = 4;
const MOST_PROBLEMS = 100;
/** What C takes for blanks, at the ends of a line and of what stands in it. Words are only parted by spaces. */
const BLANK = /[ \t\v\f\r]/;
const ACCESSES = "read, write, readwrite or deny";

/** A word of a line, and its column from 1 on. */
interface Word {
  readonly text: string;
  readonly column: number;
}

/** `file`: what it is called in messages. Rejects with an `AclError` that has everything that is wrong. */
export async function mosquittoLines(file: string, bytes: Uint8Array): Promise<MosquittoLines> {
  const reading = new Reading(file);
  let until = performance.now() + SLICE;
  let number = 1;
  for (let at = 0; at <= bytes.length && reading.problems.length < MOST_PROBLEMS; number++) {
    if (performance.now() > until) {
      await new Promise<void>(nextTurn);
      until = performance.now() + SLICE;
    }
    const found = bytes.indexOf(10, at);
    const end = found < 0 ? bytes.length : found;
    reading.line(number, bytes.subarray(at, end));
    at = end + 1;
  }
  if (reading.problems.length > 0) throw new AclError(reading.problems);
  return { topics: reading.topics, patterns: reading.patterns };
}

// (A mark at the beginning of the file says nothing, and is left out.)
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const MARK = "\uFEFF";

class Reading {
  readonly topics: Map<string, MosquittoLine[]> = new Map();
  readonly patterns: MosquittoLine[] = [];
  readonly problems: AclProblem[] = [];
  readonly #file: string;
  #number = 0;
  /** Until the first `user` line: clients without a name. */
  #user = "";

  constructor(file: string) {
    this.#file = file;
  }

  line(number: number, bytes: Uint8Array): void {
    this.#number = number;
    let text: string;
    try {
      text = utf8.decode(bytes);
    } catch {
      return this.#wrong(1, "Cannot use this line: it is no UTF-8");
    }
    if (number === 1 && text.startsWith(MARK)) text = text.slice(1);
    text = withoutEnd(text);
    if (text === "" || text.startsWith("#")) return;
    const zero = text.indexOf("\0");
    if (zero >= 0) {
      return this.#wrong(zero + 1, "Cannot use this line: U+0000 is in it, which MQTT does not allow");
    }
    const first = wordAt(text, 0);
    if (first.text === "topic" || first.text === "pattern") return this.#rule(first.text, text, after(first));
    if (first.text === "user") return this.#name(restAt(text, after(first)), after(first));
    const shown = quote(first.text);
    const hint = first.text.startsWith("#")
      ? "a comment begins with # in the first column"
      : /[\t\v\f]/.test(first.text)
      ? "words are parted by spaces, not by tabs"
      : "expected topic, pattern or user";
    this.#wrong(first.column, `Unknown word ${shown}: ${hint}`);
  }

  #name({ text }: Word, end: number): void {
    if (text === "") return this.#wrong(end + 1, "Missing name after user");
    this.#user = text;
  }

  #rule(keyword: "topic" | "pattern", text: string, from: number): void {
    const second = wordAt(text, from);
    if (second.text === "") return this.#wrong(from + 1, `Missing topic after ${keyword}`);
    const rest = restAt(text, after(second));
    // (With one word it is the topic, whatever it is called.)
    const topic = rest.text === "" ? second : rest;
    let access: RuleAccess | null = "readwrite";
    if (rest.text === "") {
      const [before] = /^(?:read|write|readwrite|deny)(?=[\t\v\f])/.exec(second.text) ?? [];
      if (before !== undefined) {
        return this.#wrong(
          second.column + before.length,
          "Cannot use this line: words are parted by spaces, not by tabs",
        );
      }
    } else access = isAccess(second.text) ? accessOf(second.text) : null;
    if (access === null) {
      return this.#wrong(second.column, `Cannot use ${quote(second.text)} as access, expected ${ACCESSES}`);
    }
    if (!isTopicFilter(topic.text)) {
      const why = "+ and # stand alone in their level, and # only at the end";
      return this.#wrong(topic.column, `Cannot use the topic ${quote(topic.text)}: ${why}`);
    }
    const line = { access, filter: topic.text, where: `${this.#file}:${this.#number}` };
    if (keyword === "pattern") this.patterns.push(line);
    else {
      const lines = this.topics.get(this.#user);
      if (lines === undefined) this.topics.set(this.#user, [line]);
      else lines.push(line);
    }
  }

  #wrong(column: number, message: string): void {
    this.problems.push({ where: `${this.#file}:${this.#number}:${column}`, message });
  }
}

/** Numbers are comqtt's. */
function isAccess(text: string): boolean {
  return text === "read" || text === "write" || text === "readwrite" || text === "deny";
}

/** Up to the next space. */
function wordAt(text: string, from: number): Word {
  let at = from;
  while (text[at] === " ") at++;
  const space = text.indexOf(" ", at);
  return { text: text.slice(at, space < 0 ? text.length : space), column: at + 1 };
}

function after({ text, column }: Word): number {
  return column - 1 + text.length;
}

/** All that is left, without the blanks around it. */
function restAt(text: string, from: number): Word {
  let at = from;
  while (at < text.length && BLANK.test(text[at]!)) at++;
  return { text: text.slice(at), column: at + 1 };
}

function withoutEnd(text: string): string {
  let to = text.length;
  while (to > 0 && BLANK.test(text[to - 1]!)) to--;
  return text.slice(0, to);
}
