/** TypeScript cut into its words, so that what stands in comments, texts and patterns is not taken for code. */

export interface Token {
  /** `word`: names, keywords and numbers. `text`: a string, without its quotes, or one piece of a template. */
  readonly kind: "word" | "text" | "pattern" | "sign";
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

const SPACE = /\s+/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const WORD = /[#@]?[\p{ID_Start}$_\d](?:[\p{ID_Continue}$]|(?<=[\d_])\.(?=\d))*/uy;
const STRING = /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y;
const PATTERN = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
/** As far as a `${` or the end of the template. */
const PIECE = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;
/** (A `>` is always one of its own: two of them may end two lists of types.) */
const SIGN = /=>|\.\.\.|\?\.(?!\d)|[=!]==?|&&=?|\|\|=?|\?\?=?|\+\+|--|\*\*|<=|>=|[\s\S]/uy;

/** After these a `/` begins a pattern; after any other word it divides. */
const BEFORE_PATTERN = new Set(
  "await case delete do else in instanceof new of return throw typeof void yield".split(" "),
);

/** Throws an Error for a text or template without an end. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  /** For each open `{`: whether it is the `${` of a template. */
  const braces: boolean[] = [];
  let at = 0;
  let line = 1;

  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text === undefined || text === "") return null;
    at += text.length;
    return text;
  };
  const push = (kind: Token["kind"], text: string, taken: string = text): void => {
    tokens.push({ kind, text, line });
    line += lines(taken);
  };
  /** One piece of a template, and the `${` or the quote behind it. */
  const piece = (): void => {
    push("text", take(PIECE) ?? "");
    if (source.startsWith("${", at)) {
      at += 2;
      braces.push(true);
      push("sign", "${");
    } else if (source[at] === "`") at++;
    else throw new Error(`A template of line ${line} has no end`);
  };

  while (at < source.length) {
    const blank = take(SPACE) ?? take(COMMENT);
    if (blank !== null) {
      line += lines(blank);
      continue;
    }
    const string = take(STRING);
    if (string !== null) {
      push("text", string.slice(1, -1), string);
      continue;
    }
    const pattern = source[at] === "/" && mayBePattern(tokens.at(-1)) ? take(PATTERN) : null;
    if (pattern !== null) {
      push("pattern", pattern);
      continue;
    }
    const word = take(WORD);
    if (word !== null) {
      push("word", word);
      continue;
    }
    const sign = take(SIGN)!;
    if (sign === '"' || sign === "'") throw new Error(`A text of line ${line} has no end`);
    if (sign === "`") piece();
    else if (sign === "}" && braces.pop() === true) {
      push("sign", sign);
      piece();
    } else {
      if (sign === "{") braces.push(false);
      push("sign", sign);
    }
  }
  return tokens;
}

function mayBePattern(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === "word") return BEFORE_PATTERN.has(before.text);
  return before.kind === "sign" && ![")", "]", "}", "++", "--"].includes(before.text);
}

function lines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
