/**
 * The words of a command line, cut as `parseArgs` of `node:util` does when it is not strict. That one is not asked because
 * its module costs two megabytes of memory on Deno, and four on Bun, for as long as the program runs.
 */

/** What an option has to be known by. */
export interface TokenOption {
  readonly name: string;
  readonly short?: string;
  /** Of one that takes a value. */
  readonly value?: string;
}

export type Token =
  | {
    readonly kind: "option";
    readonly name: string;
    /** With its dashes, as it was written. */
    readonly rawName: string;
    readonly value?: string;
    /** The value stands in the same word. */
    readonly inlineValue?: boolean;
  }
  | { readonly kind: "positional"; readonly value: string }
  | { readonly kind: "option-terminator" };

export function tokensOf(args: readonly string[], options: readonly TokenOption[]): Token[] {
  const words = [...args];
  const tokens: Token[] = [];
  while (words.length > 0) {
    const word = words.shift()!;
    if (word === "--") {
      tokens.push({ kind: "option-terminator" });
      tokens.push(...words.map((value) => ({ kind: "positional" as const, value })));
      break;
    }
    if (!word.startsWith("-") || word === "-") tokens.push({ kind: "positional", value: word });
    else if (word.startsWith("--")) tokens.push(longOption(word, words, options));
    else if (word.length === 2) tokens.push(shortOption(word, words, options));
    else if (takesValue(byLetter(word[1]!, options))) {
      tokens.push(valued(nameOf(word[1]!, options), word.slice(0, 2), word.slice(2)));
    } else words.unshift(...lettersOf(word, options));
  }
  return tokens;
}

/** `--name`, its value in the next word, or `--name=value`. */
function longOption(word: string, rest: string[], options: readonly TokenOption[]): Token {
  // (As Node does: in `--=x` it is a part of the name.)
  if (word.includes("=", 3)) {
    const equals = word.indexOf("=");
    return valued(word.slice(2, equals), word.slice(0, equals), word.slice(equals + 1));
  }
  const name = word.slice(2);
  return option(name, word, takesValue(options.find((one) => one.name === name)) ? rest.shift() : undefined);
}

/** `-n`, its value in the next word. */
function shortOption(word: string, rest: string[], options: readonly TokenOption[]): Token {
  const letter = word[1]!;
  const value = takesValue(byLetter(letter, options)) ? rest.shift() : undefined;
  return option(nameOf(letter, options), word, value);
}

/** `-abc`: each by itself, until one takes the rest as its value. */
function lettersOf(word: string, options: readonly TokenOption[]): string[] {
  const words: string[] = [];
  for (let i = 1; i < word.length; i++) {
    if (i < word.length - 1 && takesValue(byLetter(word[i]!, options))) {
      return [...words, `-${word.slice(i)}`];
    }
    words.push(`-${word[i]}`);
  }
  return words;
}

function byLetter(letter: string, options: readonly TokenOption[]): TokenOption | undefined {
  return options.find(({ name, short }) => short === letter || (short === undefined && name === letter));
}

function nameOf(letter: string, options: readonly TokenOption[]): string {
  return options.find(({ short }) => short === letter)?.name ?? letter;
}

function takesValue(known: TokenOption | undefined): boolean {
  return known?.value !== undefined;
}

function option(name: string, rawName: string, value: string | undefined): Token {
  return value === undefined
    ? { kind: "option", name, rawName }
    : { kind: "option", name, rawName, value, inlineValue: false };
}

function valued(name: string, rawName: string, value: string): Token {
  return { kind: "option", name, rawName, value, inlineValue: true };
}
