/** The block cipher Blowfish with the key schedule of bcrypt (Provos and Mazières, 1999). */

const P_WORDS = 18;
const S_WORDS = 1024;

/** What the tables begin with: the fraction of π, 33,344 bits of it, P before S. */
let fraction: Int32Array | null = null;

function fractionOfPi(): Int32Array {
  if (fraction !== null) return fraction;
  const words = P_WORDS + S_WORDS;
  const bits = BigInt(words * 32);
  let rest = pi(bits) - (3n << bits);
  const found = new Int32Array(words);
  for (let i = words - 1; i >= 0; i--) {
    found[i] = Number(rest & 0xffffffffn);
    rest >>= 32n;
  }
  return fraction = found;
}

/** π times two to the power of `bits`, rounded down, with the series of Chudnovsky: 6 ms for these. */
function pi(bits: bigint): bigint {
  const spare = 64n;
  const one = 1n << (bits + spare);
  let sum = 13591409n * one;
  let term = one;
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    term *= -(6n * k - 5n) * (2n * k - 1n) * (6n * k - 1n);
    term /= k * k * k * 10939058860032000n;
    sum += term * (13591409n + 545140134n * k);
  }
  return (426880n * root(10005n * one * one) * one / sum) >> spare;
}

/** The square root, rounded down. */
function root(square: bigint): bigint {
  let guess = 1n << BigInt(square.toString(16).length * 2 + 1);
  for (;;) {
    const better = (guess + square / guess) >> 1n;
    if (better >= guess) return guess;
    guess = better;
  }
}

/** Bytes again and again until there are as many words as P has. */
export function cycled(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(P_WORDS);
  for (let i = 0; i < P_WORDS * 4; i++) {
    words[i >> 2] = (words[i >> 2]! << 8) | bytes[i % bytes.length]!;
  }
  return words;
}

const NO_SALT = new Int32Array(P_WORDS);

export class Blowfish {
  readonly #p: Int32Array;
  readonly #s: Int32Array;
  /** The block that is worked on. */
  readonly block: Int32Array = new Int32Array(2);

  constructor() {
    const start = fractionOfPi();
    this.#p = start.slice(0, P_WORDS);
    this.#s = start.slice(P_WORDS);
  }

  /** Mixes a key, and a salt of four words, into the tables. Both come from `cycled`. */
  expand(key: Int32Array, salt: Int32Array = NO_SALT): void {
    const block = this.block;
    for (let i = 0; i < P_WORDS; i++) this.#p[i] = this.#p[i]! ^ key[i]!;
    block[0] = block[1] = 0;
    let at = 0;
    for (const table of [this.#p, this.#s]) {
      for (let i = 0; i < table.length; i += 2) {
        block[0] = block[0]! ^ salt[at]!;
        block[1] = block[1]! ^ salt[at + 1]!;
        at = at === 0 ? 2 : 0;
        this.encrypt();
        table[i] = block[0]!;
        table[i + 1] = block[1]!;
      }
    }
  }

  /** Encrypts `block`. */
  encrypt(): void {
    const p = this.#p;
    const s = this.#s;
    let left = this.block[0]! ^ p[0]!;
    let right = this.block[1]!;
    for (let i = 1; i < 17; i += 2) {
      right ^= p[i]! ^
        ((((s[left >>> 24]! + s[256 + ((left >>> 16) & 255)]!) ^ s[512 + ((left >>> 8) & 255)]!) +
          s[768 + (left & 255)]!) | 0);
      left ^= p[i + 1]! ^
        ((((s[right >>> 24]! + s[256 + ((right >>> 16) & 255)]!) ^ s[512 + ((right >>> 8) & 255)]!) +
          s[768 + (right & 255)]!) | 0);
    }
    this.block[0] = right ^ p[17]!;
    this.block[1] = left;
  }
}
