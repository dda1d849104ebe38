/**
 * PEM (RFC 7468, and the headers of RFC 1421) as it is found in files. It is read here because the runtimes differ in
 * what they take: certificates glued together on one line, a byte order mark, text before and between the blocks, curve
 * parameters before a key. What is handed on to them is written anew.
 */

import { Buffer } from "node:buffer";
import type { RuntimeErrorCode } from "../runtime_error.ts";

export interface PemBlock {
  /** What stands after BEGIN: `CERTIFICATE`, `PRIVATE KEY` and so on. */
  readonly label: string;
  /** `Proc-Type` and `DEK-Info` of keys that are encrypted in the old way. */
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Uint8Array;
}

/** The text is PEM, but a part of it is missing or broken; the message follows the name of the text. */
export class PemError extends Error {
  override readonly name = "PemError";
  readonly code: RuntimeErrorCode = "certificate-invalid";
}

const beginning = "-----BEGIN ";
const lineWidth = 64;

/** Is that PEM itself, rather than the path of a file? */
export function isPem(text: string): boolean {
  return text.includes(beginning);
}

/** All blocks; none when it is no PEM. What stands around them is passed over. Throws a `PemError`. */
export function readPem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let at = text.indexOf(beginning); at >= 0; at = text.indexOf(beginning, at)) {
    const label = /^[A-Z0-9 ]*(?=-----)/.exec(text.slice(at + beginning.length, at + 80))?.[0].trim();
    if (label === undefined) throw new PemError("is damaged: a line with -----BEGIN is not complete");
    const from = text.indexOf("-----", at + beginning.length) + 5;
    const end = `-----END ${label}-----`;
    const to = text.indexOf(end, from);
    const next = text.indexOf(beginning, from);
    if (to < 0 || (next >= 0 && next < to)) throw new PemError(`is cut off: the line ${end} is missing`);
    blocks.push(readBlock(label, text.slice(from, to)));
    at = to + end.length;
  }
  return blocks;
}

/** (A variable of the environment may have `\n` written out.) */
const lineEnd = /\r\n|\n|\r|\\r\\n|\\n/;

function readBlock(label: string, body: string): PemBlock {
  const headers = new Map<string, string>();
  const data: string[] = [];
  for (const line of body.split(lineEnd)) {
    const [, name, value] = /^([A-Za-z][A-Za-z-]*): *(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) data.push(line);
    else headers.set(name.toLowerCase(), value.trim());
  }
  const base64 = data.join("").replace(/\s/g, "");
  if (base64 === "" || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw new PemError(`is damaged: what stands after -----BEGIN ${label}----- is not base64`);
  }
  return { label, headers, bytes: new Uint8Array(Buffer.from(base64, "base64")) };
}

/** In the one form that everybody reads. */
export function writePem({ label, headers, bytes }: PemBlock): string {
  const base64 = Buffer.from(bytes).toString("base64");
  const lines = [`${beginning}${label}-----`];
  const names = [["proc-type", "Proc-Type"], ["dek-info", "DEK-Info"]] as const;
  for (const [key, name] of names) if (headers.has(key)) lines.push(`${name}: ${headers.get(key)}`);
  if (lines.length > 1) lines.push("");
  for (let i = 0; i < base64.length; i += lineWidth) lines.push(base64.slice(i, i + lineWidth));
  return `${lines.join("\n")}\n-----END ${label}-----\n`;
}
