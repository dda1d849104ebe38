/** What values may take from outside their source: variables of the environment, files with secrets. */

import { builtin } from "../runtime/builtin.ts";
import { describeListenFault } from "../runtime/tcp/listen_fault.ts";
import { environment } from "../runtime/process.ts";
import { quote } from "../core/problem.ts";
import { fromHome } from "./home_path.ts";

/** A text, or why there is none: a sentence without its end. */
export type Taken = { readonly text: string; readonly fault?: undefined } | {
  readonly text?: undefined;
  readonly fault: string;
};

export interface Outside {
  /** Undefined: it is not set. */
  variable(name: string): string | undefined;
  secretFile(path: string): Taken;
}

/** Longer than any password, key or token. */
const MOST_BYTES = 1 << 20;

/** `home`: what `~/` stands for. */
export function outsideWith(variables: ReadonlyMap<string, string>, home: string | undefined): Outside {
  return {
    variable: (name) => variables.get(name) ?? environment(name),
    secretFile: (path) => readSecret(path, home),
  };
}

/** The whole of a file, without a line break at its end. */
function readSecret(path: string, home: string | undefined): Taken {
  const place = fromHome(path, home);
  if (place === null) return { fault: `The file ${quote(path)} cannot be found: HOME is not set` };
  try {
    const bytes = builtin("fs").readFileSync(place);
    if (bytes.length > MOST_BYTES) {
      return { fault: `The file ${quote(path)} is no secret: it has more than a megabyte` };
    }
    return { text: new TextDecoder().decode(bytes).replace(/\r?\n$/, "") };
  } catch (error) {
    return { fault: `The file ${quote(path)} cannot be read: ${describeListenFault(error)}` };
  }
}

/** `${NAME}`, `${NAME:-what else}`, and `$${` for `${` itself. */
const REFERENCE = /\$\$\{|\$\{([^}]*)\}/g;

/** The text with what its `${NAME}` stand for. */
export function resolveText(written: string, outside: Outside): Taken {
  if (!written.includes("${")) return { text: written };
  let fault: string | undefined;
  const text = written.replace(REFERENCE, (whole, inner: string | undefined) => {
    if (inner === undefined) return "${";
    const [, name, otherwise] = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inner) ?? [];
    if (name === undefined) {
      fault ??=
        `Cannot use ${quote(whole)}, expected \${NAME} or \${NAME:-text} with the name of a variable ` +
        "(and $${ for the characters themselves)";
      return "";
    }
    const value = outside.variable(name);
    // (As a shell has it: what is empty is not set.)
    if (value !== undefined && (value !== "" || otherwise === undefined)) return value;
    if (otherwise === undefined) fault ??= `The variable ${quote(name)} is not set`;
    return otherwise ?? "";
  });
  return fault === undefined ? { text } : { fault };
}

/** For sources of which nothing is known but themselves. */
export const nothingOutside: Outside = {
  variable: () => undefined,
  secretFile: (path) => ({ fault: `The file ${quote(path)} cannot be read here` }),
};
