/** The lines of a mosquitto.conf: a word, and what stands after it. */

export interface Line {
  readonly word: string;
  /** Without the blanks around it. */
  readonly rest: string;
  /** `file:line` */
  readonly place: string;
}

/** Those that say something, in order. (A comment begins where its line does; blanks before it are a slip that nobody means.) */
export function linesOf(text: string, file: string): Line[] {
  return text.replace(/^\uFEFF/, "").split(/\r?\n/).flatMap((raw, i) => {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) return [];
    const [, word = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
    return [{ word, rest, place: `${file}:${i + 1}` }];
  });
}

/** The words of what stands after it; one that begins with `#` ends them. */
export function argumentsOf({ rest }: Line): string[] {
  const words = rest.split(/\s+/).filter((word) => word !== "");
  const comment = words.findIndex((word) => word.startsWith("#"));
  return comment < 0 ? words : words.slice(0, comment);
}

/** Whether it says true; undefined: it says neither. */
export function truthOf({ rest }: Line): boolean | undefined {
  if (rest === "true" || rest === "1") return true;
  return rest === "false" || rest === "0" ? false : undefined;
}

/** A whole number; undefined: it says none. */
export function numberOf({ rest }: Line): number | undefined {
  return /^-?\d{1,15}$/.test(rest) ? Number(rest) : undefined;
}
