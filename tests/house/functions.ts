/** Where functions begin and end, read from the text. */

import { type Token, tokensOf } from "./tokens.ts";

export interface FunctionSpan {
  /** As it is called; of one without a name what stands before it. */
  readonly name: string;
  /** From its name or its parameters to its last line. */
  readonly firstLine: number;
  readonly lastLine: number;
}

/** Longer than that, and nobody has it in his head at once. */
export const LONGEST = 70;

export function lengthOf({ firstLine, lastLine }: FunctionSpan): number {
  return lastLine - firstLine + 1;
}

/** Functions, methods and arrow functions, those inside others too. Throws an Error for brackets without a partner. */
export function functionsIn(source: string): FunctionSpan[] {
  return new Reader(tokensOf(source)).functions();
}

/** Those of the files that are too long, as sentences, the longest first. */
export function longFunctions(sources: ReadonlyMap<string, string>, most: number = LONGEST): string[] {
  return [...sources].flatMap(([path, source]) =>
    functionsIn(source).filter((span) => lengthOf(span) > most).map((span) => ({ path, span }))
  ).sort((a, b) => lengthOf(b.span) - lengthOf(a.span)).map(({ path, span }) =>
    `${path}:${span.firstLine} ${span.name} has ${lengthOf(span)} lines: at most ${most} are read at once`
  );
}

const PARTNERS: ReadonlyMap<string, string> = new Map([["(", ")"], ["[", "]"], ["{", "}"], ["${", "}"]]);
/** With brackets and a block behind them, but no function. */
const STATEMENTS = new Set(["if", "for", "await", "while", "switch", "catch"]);
/** Words before an arrow function; any other one is what is called. */
const BEFORE_ARROW = new Set([
  "async",
  "return",
  "yield",
  "default",
  "await",
  "case",
  "of",
  "in",
  "void",
  "as",
]);
/** With a block in the middle, and expressions all the same. */
const EXPRESSIONS = new Set(["class", "function", "async"]);
/** Words in front of a type, and between two of them. */
const BEFORE_TYPE = new Set(["keyof", "typeof", "readonly", "infer", "unique", "asserts", "new", "abstract"]);
const BETWEEN_TYPES = new Set(["is", "extends"]);
/** What stands in a list of types besides brackets and names. */
const IN_TYPES = new Set([",", ".", "|", "&", "?", ":", "=", "=>", "-", "..."]);
/** What stands behind such a list; behind a comparison stands an operand. */
const AFTER_TYPES = new Set("( ) [ ] { } , ; : . = => ? | & > ...".split(" "));

class Reader {
  readonly #tokens: readonly Token[];
  /** The place of the bracket that belongs to the one at a place; of `<` and `>` where they hold types. */
  readonly #partners: Map<number, number> = new Map();

  /** The places of those whose parameters are known: what a function returns may be one word before its arrow. */
  readonly #arrows: Set<number> = new Set();

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    this.#pairBrackets();
    for (const at of tokens.keys()) if (this.#is(at, "<") && !this.#partners.has(at)) this.#pairTypes(at);
  }

  functions(): FunctionSpan[] {
    const found: FunctionSpan[] = [];
    for (const [at, { kind }] of this.#tokens.entries()) {
      const span = this.#is(at, "(")
        ? this.#withParameters(at)
        : kind === "word" && this.#is(at + 1, "=>") && !this.#arrows.has(at + 1)
        ? this.#arrow(at, at + 1)
        : null;
      if (span !== null) found.push(span);
    }
    return found;
  }

  #pairBrackets(): void {
    const open: number[] = [];
    for (const [at, { kind, text, line }] of this.#tokens.entries()) {
      if (kind !== "sign") continue;
      if (PARTNERS.has(text)) open.push(at);
      if (text !== ")" && text !== "]" && text !== "}") continue;
      const partner = open.pop();
      if (partner === undefined || PARTNERS.get(this.#tokens[partner]!.text) !== text) {
        throw new Error(`The "${text}" of line ${line} has no partner`);
      }
      this.#pair(partner, at);
    }
    if (open.length > 0) {
      throw new Error(`The bracket of line ${this.#tokens[open[0]!]!.line} has no partner`);
    }
  }

  /** The place of the `>`, if what begins at this `<` is a list of types and no comparison. */
  #pairTypes(open: number): number | null {
    let at = open + 1;
    while (!this.#is(at, ">")) {
      const token = this.#tokens[at];
      if (token === undefined) return null;
      const inner = this.#is(at, "<") ? this.#pairTypes(at) : this.#partners.get(at);
      if (inner === null || (inner !== undefined && inner < at)) return null;
      if (inner === undefined && token.kind === "sign" && !IN_TYPES.has(token.text)) return null;
      at = (inner ?? at) + 1;
    }
    const [before, after] = [this.#tokens[open - 1], this.#tokens[at + 1]];
    const named = before?.kind === "word";
    const fits = after === undefined || after.kind === "text" || BETWEEN_TYPES.has(after.text) ||
      after.text === "implements" || (after.kind === "sign" && AFTER_TYPES.has(after.text));
    if (named ? !fits : after?.text !== "(") return null;
    this.#pair(open, at);
    return at;
  }

  #pair(open: number, close: number): void {
    this.#partners.set(open, close);
    this.#partners.set(close, open);
  }

  /** The function whose parameters begin there, if they do. */
  #withParameters(open: number): FunctionSpan | null {
    let at = this.#partners.get(open)! + 1;
    if (this.#is(at, ":")) at = this.#typeEnd(at + 1);
    if (this.#is(at, "=>")) return this.#arrow(open, at);
    if (!this.#is(at, "{")) return null;
    const name = this.#nameBefore(open);
    return name === null ? null : this.#span(this.#tokens[name]!.text, name, this.#partners.get(at)!);
  }

  /** `head`: its first parameter, or the bracket before it. */
  #arrow(head: number, arrow: number): FunctionSpan | null {
    let first = this.#is(head - 1, ">") ? this.#partners.get(head - 1) ?? head : head;
    if (this.#tokens[first - 1]?.text === "async") first--;
    const before = this.#tokens[first - 1];
    // (`one ? call(it) : other => …`)
    if (before?.kind === "word" && !BEFORE_ARROW.has(before.text)) return null;
    this.#arrows.add(arrow);
    const named = this.#is(first - 1, "=") || this.#is(first - 1, ":") ? this.#tokens[first - 2] : undefined;
    return this.#span(named?.kind === "word" ? named.text : "=>", head, this.#expressionEnd(arrow + 1));
  }

  #span(name: string, first: number, last: number): FunctionSpan {
    const { text, line } = this.#tokens[last]!;
    return { name, firstLine: this.#tokens[first]!.line, lastLine: line + text.split("\n").length - 1 };
  }

  /** The place of the name of the function or method whose parameters begin there; null: it is none. */
  #nameBefore(open: number): number | null {
    let at = open - 1;
    if (this.#is(at, ">") && this.#partners.has(at)) at = this.#partners.get(at)! - 1;
    if (this.#is(at, "*") || this.#is(at, "]")) return this.#partners.get(at) ?? at;
    const token = this.#tokens[at];
    if (token === undefined || token.kind === "sign" || STATEMENTS.has(token.text)) return null;
    let object = at;
    while (this.#is(object - 1, ".")) object -= 2;
    return this.#tokens[object - 1]?.text === "extends" ? null : at; // class extends made(of) {
  }

  /** The last place of a body without braces, or of one with them. */
  #expressionEnd(begin: number): number {
    if (this.#is(begin, "{")) return this.#partners.get(begin)!;
    let choices = 0;
    let at = begin;
    for (;; at++) {
      const token = this.#tokens[at];
      if (token === undefined) break;
      const partner = this.#partners.get(at);
      if (partner !== undefined && partner < begin || this.#isBody(begin, at)) break;
      if (partner !== undefined) at = this.#resultEnd(at, partner);
      else if (this.#is(at, "?")) choices++;
      else if (this.#is(at, ",") || this.#is(at, ";") || (this.#is(at, ":") && choices-- === 0)) break;
    }
    return at - 1;
  }

  /** The last place of a bracket and, if these are parameters of an arrow function, of the type behind them. */
  #resultEnd(open: number, close: number): number {
    const called = this.#tokens[open - 1]?.kind === "word" && !BEFORE_ARROW.has(this.#tokens[open - 1]!.text);
    if (called || !this.#is(open, "(") || !this.#is(close + 1, ":")) return close;
    const end = this.#typeEnd(close + 2);
    return this.#is(end, "=>") ? end - 1 : close;
  }

  /** What seemed to be an expression was the type that a function returns: there is its body. */
  #isBody(begin: number, at: number): boolean {
    if (at === begin || !this.#is(at, "{") || EXPRESSIONS.has(this.#tokens[begin]!.text)) return false;
    const before = this.#tokens[at - 1]!;
    return before.kind !== "sign" || [")", "]", "}", ">"].includes(before.text);
  }

  /** The place behind a type that begins there. */
  #typeEnd(begin: number): number {
    let choices = 0;
    let at = begin;
    for (;;) {
      while (this.#is(at, "|") || this.#is(at, "&") || this.#is(at, "-") || this.#isPrefix(at)) at++;
      if (this.#is(at, "<")) at = this.#past(at);
      const parameters = this.#is(at, "(");
      at = this.#past(at);
      while (this.#is(at, "[") || this.#is(at, "<") || this.#is(at, ".")) at = this.#past(at);
      const word = this.#tokens[at]?.kind === "word" ? this.#tokens[at]!.text : "";
      if (this.#is(at, "?")) choices++;
      else if (this.#is(at, ":") && choices > 0) choices--;
      else if (
        !(this.#is(at, "|") || this.#is(at, "&") || BETWEEN_TYPES.has(word) ||
          (parameters && this.#is(at, "=>")))
      ) return at;
      at++;
    }
  }

  /** (A type may be called like one: then none stands behind it.) */
  #isPrefix(at: number): boolean {
    const [token, next] = [this.#tokens[at], this.#tokens[at + 1]];
    if (token?.kind !== "word" || !BEFORE_TYPE.has(token.text) || next === undefined) return false;
    return next.kind !== "sign" ? !BETWEEN_TYPES.has(next.text) : ["(", "[", "{"].includes(next.text);
  }

  /** Behind what stands there: a bracket with all in it, a dot with its name, or a word. */
  #past(at: number): number {
    return this.#is(at, ".") ? at + 2 : Math.max(at, this.#partners.get(at) ?? at) + 1;
  }

  #is(at: number, sign: string): boolean {
    const token = this.#tokens[at];
    return token?.kind === "sign" && token.text === sign;
  }
}
