/** As much of DER as it takes to see what some bytes are, and how a key is encrypted. */

export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  /** With tag and length. */
  readonly whole: Uint8Array;
}

export const Tag = { integer: 0x02, octets: 0x04, object: 0x06, sequence: 0x30 } as const;

/** The first value; null when there is none, or only a part of one. */
export function readDer(bytes: Uint8Array): DerValue | null {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) return null;
  const more = first < 0x80 ? 0 : first & 0x7f;
  // (Longer ones are no certificate and no key.)
  if (first === 0x80 || more > 4 || bytes.length < 2 + more) return null;
  let length = more === 0 ? first : 0;
  for (const byte of bytes.subarray(2, 2 + more)) length = length * 256 + byte;
  const end = 2 + more + length;
  if (bytes.length < end) return null;
  return { tag, content: bytes.subarray(2 + more, end), whole: bytes.subarray(0, end) };
}

/** The values inside another one, as far as they are complete. */
export function innerValues({ content }: DerValue): DerValue[] {
  const values: DerValue[] = [];
  let at = 0;
  for (let value = readDer(content); value !== null; value = readDer(content.subarray(at))) {
    values.push(value);
    at += value.whole.length;
  }
  return values;
}

/** Certificates, keys and what contains both are sequences; what begins them tells them apart. Null: none of these. */
export function kindOfDer(bytes: Uint8Array): "certificate" | "key" | "pkcs12" | null {
  const outer = readDer(bytes);
  if (outer?.tag !== Tag.sequence) return null;
  const [first, second] = innerValues(outer);
  if (first === undefined || second === undefined) return null;
  if (first.tag === Tag.sequence) return second.tag === Tag.octets ? "key" : "certificate";
  if (first.tag !== Tag.integer) return null;
  return first.content.length === 1 && first.content[0] === 3 ? "pkcs12" : "key";
}

/** Small whole numbers; null for others. */
export function derNumber(value: DerValue | undefined): number | null {
  if (value?.tag !== Tag.integer || value.content.length > 5) return null;
  return value.content.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** `1.2.840…` as hex of its bytes. */
export function derObject(value: DerValue | undefined): string | null {
  if (value?.tag !== Tag.object) return null;
  return [...value.content].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
