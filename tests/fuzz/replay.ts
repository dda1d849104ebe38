/** What connections have sent, as a text that can be typed: chunks with dots, connections with underscores between them. */

import type { Script } from "./script.ts";

export function replayText(connections: readonly (readonly Uint8Array[])[]): string {
  return connections.map((chunks) => chunks.map(hex).join(".")).join("_");
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const b of bytes) text += b.toString(16).padStart(2, "0");
  return text;
}

/** Throws when it is none. */
export function scriptsOf(text: string): Script[] {
  if (!/^[0-9a-f._]+$/i.test(text)) {
    throw new Error("Cannot replay: expected hex digits, dots and underscores");
  }
  return text.split("_").map((connection) => {
    const chunks = connection.split(".").filter((c) => c !== "").map(bytes);
    return {
      kind: "replay",
      ends: [],
      chunks,

      connect: null,
      rest: null,
      polite: false,
      lazy: false,
    };
  });
}

function bytes(digits: string): Uint8Array {
  const out = new Uint8Array(digits.length >> 1);
  for (let i = 0; i < out.length; i++) out[i] = parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  return out;
}
