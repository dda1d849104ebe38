/** Bytes cut into lines. Nothing else about them matters: what is between line feeds is a line, zero bytes included. */

import { CodedError } from "../../../core/errors.ts";

const LF = 10;

/** `most`: the longest line there may be. The last one need not end with a line feed. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const line = (last: Uint8Array): Uint8Array => {
    const all = new Uint8Array(size + last.length);
    let at = 0;
    for (const part of [...parts, last]) {
      all.set(part, at);
      at += part.length;
    }
    parts = [];
    size = 0;
    return all;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, from)) {
      yield line(chunk.subarray(from, at));
      from = at + 1;
    }
    if (from === chunk.length) continue;
    parts.push(chunk.slice(from));
    size += chunk.length - from;
    if (size > most) {
      throw new CodedError("packet-too-large", "A line is larger than MQTT can carry in a message");
    }
  }
  if (size > 0) yield line(new Uint8Array(0));
}
