/**
 * Private keys that are encrypted as PKCS #8 says (PBES2 of RFC 8018). Each runtime knows some ways, and not the same:
 * what `openssl req` writes is not among those of Deno, scrypt not among those of Bun.
 */

import { createDecipheriv, pbkdf2Sync, scryptSync } from "node:crypto";
import { derNumber, derObject, type DerValue, innerValues, kindOfDer, readDer, Tag } from "./der.ts";

/** Object identifiers as `derObject` writes them. */
const pbes2 = "2a864886f70d01050d";
const pbkdf2 = "2a864886f70d01050c";
const scrypt = "2b06010401da47040b";
const hashes: ReadonlyMap<string | null, string> = new Map([
  ["2a864886f70d0207", "sha1"],
  ["2a864886f70d0208", "sha224"],
  ["2a864886f70d0209", "sha256"],
  ["2a864886f70d020a", "sha384"],
  ["2a864886f70d020b", "sha512"],
]);
const ciphers: ReadonlyMap<string | null, { readonly name: string; readonly keyBytes: number }> = new Map([
  ["2a864886f70d0307", { name: "des-ede3-cbc", keyBytes: 24 }],
  ["60864801650304012a", { name: "aes-256-cbc", keyBytes: 32 }],
  ["608648016503040102", { name: "aes-128-cbc", keyBytes: 16 }],
]);
/** More would take minutes, or gigabytes. */
const mostRounds = 100_000_000;
const mostScryptBytes = 1 << 30;

/** What says how a key is encrypted, and the key. */
interface Encrypted {
  readonly cipher: string;
  readonly iv: Uint8Array;
  readonly data: Uint8Array;
  /** The passphrase as the key of the cipher. */
  derive(passphrase: string): Uint8Array;
}

/** The key as PKCS #8. `unknown`: it is encrypted in another way; `wrong`: the passphrase does not open it. */
export function decryptKey(bytes: Uint8Array, passphrase: string): Uint8Array | "unknown" | "wrong" {
  const encrypted = parse(bytes);
  if (encrypted === null) return "unknown";
  try {
    const decipher = createDecipheriv(encrypted.cipher, encrypted.derive(passphrase), encrypted.iv);
    const plain = Uint8Array.from([...decipher.update(encrypted.data), ...decipher.final()]);
    // (One wrong passphrase in 256 leaves something that looks as if it had ended well.)
    return kindOfDer(plain) === "key" ? plain : "wrong";
  } catch {
    return "wrong";
  }
}

/** Null when it is none of the ways above. */
function parse(bytes: Uint8Array): Encrypted | null {
  const outer = readDer(bytes);
  const [way, data] = outer === null ? [] : innerValues(outer);
  if (way === undefined || data?.tag !== Tag.octets) return null;
  const [name, parameters] = innerValues(way);
  if (derObject(name) !== pbes2 || parameters === undefined) return null;
  const [derivation, encryption] = innerValues(parameters);
  if (derivation === undefined || encryption === undefined) return null;
  const [cipherName, iv] = innerValues(encryption);
  const cipher = ciphers.get(derObject(cipherName));
  if (cipher === undefined || iv?.tag !== Tag.octets) return null;
  const derive = derivationOf(derivation, cipher.keyBytes);
  return derive === null ? null : { cipher: cipher.name, iv: iv.content, data: data.content, derive };
}

function derivationOf(derivation: DerValue, keyBytes: number): Encrypted["derive"] | null {
  const [name, parameters] = innerValues(derivation);
  const [salt, ...rest] = parameters === undefined ? [] : innerValues(parameters);
  if (salt?.tag !== Tag.octets) return null;
  if (derObject(name) === pbkdf2) {
    const rounds = derNumber(rest[0]);
    const given = rest.find(({ tag }) => tag === Tag.sequence);
    const hash = given === undefined ? "sha1" : hashes.get(derObject(innerValues(given)[0]));
    if (hash === undefined || rounds === null || rounds < 1 || rounds > mostRounds) return null;
    return (passphrase) => pbkdf2Sync(passphrase, salt.content, rounds, keyBytes, hash);
  }
  if (derObject(name) !== scrypt) return null;
  const [N, r, p] = rest.map(derNumber);
  if (!N || !r || !p || 128 * N * r > mostScryptBytes) return null;
  return (passphrase) =>
    scryptSync(passphrase, salt.content, keyBytes, { N, r, p, maxmem: 2 * mostScryptBytes });
}
