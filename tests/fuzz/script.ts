/** What one connection sends, in which pieces, and what can be expected of the answer. */

import { encode } from "../../src/packets/encode.ts";
import type { ConnectPacket, Packet, ProtocolVersion } from "../../src/packets/types.ts";
import { Writer } from "../../src/packets/wire.ts";
import type { Random } from "../properties/random.ts";
import { connect, packet } from "./grammar.ts";
import { mutate, noise } from "./mutations.ts";

export interface Script {
  readonly kind: string;
  readonly chunks: readonly Uint8Array[];
  /** Where in all their bytes each packet ends, spoilt or not. */
  readonly ends: readonly number[];
  /** Not spoilt: the CONNECT it begins with, so that what comes back can be understood. */
  readonly connect: ConnectPacket | null;
  /** Not spoilt: all packets after CONNECT; null when something is. */
  readonly rest: readonly Packet[] | null;
  /** It answers what it is sent, as a client should. */
  readonly polite: boolean;
  /** It does not read for a while. */
  readonly lazy: boolean;
}

const writer = new Writer();

export function bytesOf(p: Packet, version: ProtocolVersion): Uint8Array {
  writer.reset();
  encode(writer, p, version);
  return writer.view().slice();
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

function endsOf(pieces: readonly Uint8Array[]): number[] {
  let at = 0;
  return pieces.map((piece) => at += piece.length);
}

/** In one piece, packet by packet, byte by byte, or anyhow. */
function cut(r: Random, pieces: readonly Uint8Array[]): Uint8Array[] {
  const all = concat(pieces);
  switch (r.below(4)) {
    case 0:
      return [all];
    case 1:
      return [...pieces];
    case 2:
      if (all.length < 300) return Array.from(all, (byte) => new Uint8Array([byte]));
  }
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < all.length;) {
    const end = Math.min(all.length, at + r.between(1, r.oneIn(2) ? 20 : 4000));
    chunks.push(all.slice(at, end));
    at = end;
  }
  return chunks;
}

type Kind = "talk" | "spoilt" | "spoilt connect" | "noise" | "no connect";

/** The next connection's script. */
export function script(r: Random): Script {
  const kind = r.weighted<Kind>([[9, "talk"], [14, "spoilt"], [4, "spoilt connect"], [2, "noise"], [
    1,
    "no connect",
  ]]);
  const version = r.pick([3, 4, 4, 5, 5, 5] as const);
  const first = connect(r, version);
  const count = r.oneIn(10) ? r.between(20, 120) : r.below(12);
  const rest = kind === "spoilt connect" || kind === "noise"
    ? Array.from({ length: r.below(3) }, () => packet(r, version))
    : Array.from({ length: count }, () => packet(r, version));
  const pieces = rest.map((p) => bytesOf(p, version));
  const opening = bytesOf(first, version);
  if (kind === "noise") pieces.unshift(noise(r, r.between(1, 60)));
  else if (kind === "spoilt connect") pieces.unshift(mutate(r, opening));
  else if (kind !== "no connect") pieces.unshift(opening);
  if (kind === "spoilt" && pieces.length > 1) {
    for (let n = r.between(1, 3); n > 0; n--) {
      const at = r.between(1, pieces.length - 1);
      if (pieces[at]!.length > 0) pieces[at] = mutate(r, pieces[at]!);
    }
  } else if (kind === "spoilt") pieces.push(noise(r, r.between(1, 30)));
  return {
    kind,
    chunks: cut(r, pieces).filter((chunk) => chunk.length > 0),
    ends: endsOf(pieces),
    connect: kind === "talk" || kind === "spoilt" ? first : null,
    rest: kind === "talk" ? rest : null,
    polite: r.oneIn(2),
    lazy: r.oneIn(12),
  };
}
