/** What an address stands for, so that two ways to write it are one. */

import { builtin } from "../runtime/builtin.ts";
import { parseAddress } from "./address.ts";

interface Addressed {
  readonly protocol: string;
  readonly address: string;
}

/**
 * The same text for the same place; null for a port that the system chooses, which is another one for each. Names
 * are not looked up, and an address may lie within another one, as `127.0.0.1:1883` does in `:1883`: then opening
 * the second one fails.
 */
export function placeOf({ protocol, address }: Addressed): string | null {
  if (protocol === "unix") return `unix:${canonicalPath(address)}`;
  try {
    const { hostname, port } = parseAddress(address);
    return port === 0 ? null : `${canonicalHost(hostname)}:${port}`;
  } catch {
    return address; // A listener of the program's own, or one that will not open.
  }
}

/** The port it is bound to or asks for; null: none, or any. */
export function portIn({ protocol, address }: Addressed): number | null {
  if (protocol === "unix") return null;
  try {
    return parseAddress(address).port || null;
  } catch {
    return null;
  }
}

function canonicalHost(hostname: string): string {
  if (hostname === "") return "[::]";
  return hostname.includes(":") ? new URL(`http://[${hostname}]/`).hostname : hostname.toLowerCase();
}

function canonicalPath(path: string): string {
  if (path.startsWith("\0")) return path; // A name of the kernel's, not of a file.
  const { normalize, resolve } = builtin("path");
  try {
    return resolve(path);
  } catch {
    return normalize(path); // It is not permitted to ask for the working directory.
  }
}
