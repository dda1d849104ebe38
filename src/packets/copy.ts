/** Copies of what a packet keeps from its chunk. */

/** Shared by everything that has no bytes. */
export const EMPTY: Uint8Array = new Uint8Array(0);

/**
 * An ArrayBuffer of its own costs V8 some 500 ns, a view into a slab a tenth of that: small copies share slabs.
 * A slab lives as long as one of its pieces does, so it is small as well: the worst a piece kept for years can hold
 * on to is 1 KB, and its own buffer would have been a third of that.
 */
const SLAB = 1024;
const LARGEST_PIECE = 128;
/** Up to this many bytes a loop beats `set`. */
const SHORT = 32;

let slab = new ArrayBuffer(SLAB);
let used = 0;

/** A copy of `length` bytes. Do not transfer it or look at its `buffer`: it may share that with other packets. */
export function copyBytes(bytes: Uint8Array, start: number, length: number): Uint8Array {
  if (length === 0) return EMPTY;
  const copy = length <= LARGEST_PIECE ? piece(length) : new Uint8Array(length);
  if (length <= SHORT) {
    for (let i = 0; i < length; i++) copy[i] = bytes[start + i];
  } else {
    // Not `slice`: a chunk may be node's Buffer, whose `slice` is a view.
    copy.set(bytes.subarray(start, start + length));
  }
  return copy;
}

function piece(length: number): Uint8Array {
  if (used + length > SLAB) {
    slab = new ArrayBuffer(SLAB);
    used = 0;
  }
  const start = used;
  used += length;
  return new Uint8Array(slab, start, length);
}
