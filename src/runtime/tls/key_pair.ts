/**
 * A certificate and its key, from PEM as people have it to what both runtimes take: the certificates of the chain, the
 * key without a passphrase. Whatever is wrong with them is found here, because one runtime would listen all the same.
 */

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { RuntimeError } from "../runtime_error.ts";
import { readDer } from "./der.ts";
import { decryptKey } from "./encrypted_key.ts";
import { type PemBlock, PemError, readPem, writePem } from "./pem.ts";

/** PEM text. One text with both may be given twice. */
export interface KeyPair {
  /** The server's own certificate, then its chain. */
  readonly cert: string;
  readonly key: string;
  /** Of the key, when it is encrypted. */
  readonly passphrase?: string;
  /** Certificates of authorities. */
  readonly ca?: string;
}

/** What they are called in messages. */
export interface PairNames {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Where the passphrase is given. */
  readonly passphrase: string;
}

const plainNames: PairNames = {
  cert: "The certificate",
  key: "The private key",
  ca: "The certificate authority",
  passphrase: "passphrase",
};

/** The same with nothing but what is needed: the key is not encrypted any more. Throws an Error with one line. */
export function readKeyPair(pair: KeyPair, names: PairNames = plainNames): KeyPair {
  const certs = blocksOf(pair.cert, names.cert);
  const keys = blocksOf(pair.key, names.key);
  if (!certs.some(isCertificate) && certs.some(isKey) && !keys.some(isKey) && keys.some(isCertificate)) {
    throw new RuntimeError(
      "certificate-invalid",
      `${names.cert} is a private key, and ${lower(names.key)} a certificate: exchange them`,
    );
  }
  const chain = certificatesOf(certs, names.cert);
  const key = keyFor(chain, { blocks: keys, passphrase: pair.passphrase, names });
  return {
    cert: chain.map(({ pem }) => pem).join(""),
    key,
    ...(pair.ca === undefined ? {} : { ca: readAuthorities(pair.ca, names.ca) }),
  };
}

/** The certificates in a text that may have more in it. */
export function readAuthorities(text: string, name: string = plainNames.ca): string {
  return certificatesOf(blocksOf(text, name), name).map(({ pem }) => pem).join("");
}

function blocksOf(text: string, name: string): PemBlock[] {
  try {
    const blocks = readPem(text);
    if (blocks.length > 0) return blocks;
  } catch (error) {
    throw error instanceof PemError
      ? new RuntimeError("certificate-invalid", `${name} ${error.message}`, { cause: error })
      : error;
  }
  throw new RuntimeError(
    "certificate-invalid",
    text.trim() === "" ? `${name} is empty` : `${name} is not PEM: it has no line with -----BEGIN`,
  );
}

function lower(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

const certificateLabels = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];
const encryptedLabel = "ENCRYPTED PRIVATE KEY";
const keyLabels = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", encryptedLabel];

function isCertificate({ label }: PemBlock): boolean {
  return certificateLabels.includes(label);
}

function isKey({ label }: PemBlock): boolean {
  return keyLabels.includes(label);
}

interface Certificate {
  readonly pem: string;
  readonly parsed: X509Certificate;
}

function certificatesOf(blocks: readonly PemBlock[], name: string): Certificate[] {
  const found = blocks.filter(isCertificate);
  if (found.length === 0) {
    throw new RuntimeError("certificate-invalid", `${name} is ${whatElse(blocks)}, expected a certificate`);
  }
  return found.map(({ bytes }, i) => {
    // (A trusted certificate of OpenSSL has more after it.)
    const whole = readDer(bytes)?.whole ?? bytes;
    const pem = writePem({ label: "CERTIFICATE", headers: new Map(), bytes: whole });
    try {
      return { pem, parsed: new X509Certificate(pem) };
    } catch (cause) {
      const which = found.length === 1 ? "" : `: number ${i + 1} of its certificates cannot be read`;
      throw new RuntimeError("certificate-invalid", `${name} is damaged${which}`, { cause });
    }
  });
}

interface Keys {
  readonly blocks: readonly PemBlock[];
  readonly passphrase: string | undefined;
  readonly names: PairNames;
}

/** The key of the first certificate, as PEM. */
function keyFor(chain: readonly Certificate[], { blocks, passphrase, names }: Keys): string {
  const found = blocks.filter(isKey);
  if (found.length === 0) {
    throw new RuntimeError(
      "certificate-invalid",
      `${names.key} is ${whatElse(blocks)}, expected a private key`,
    );
  }
  let fault: unknown = null;
  for (const block of found) {
    try {
      const opened = openKey(block, passphrase, names);
      if (chain[0]!.parsed.checkPrivateKey(opened.key)) return opened.pem;
      fault ??= new RuntimeError("certificate-invalid", foreignKey(chain, opened.key, names));
    } catch (error) {
      fault ??= error;
    }
  }
  throw fault;
}

function foreignKey(chain: readonly Certificate[], key: KeyObject, names: PairNames): string {
  const at = chain.findIndex(({ parsed }) => parsed.checkPrivateKey(key));
  if (at < 0) return `${names.key} does not belong to ${lower(names.cert)}`;
  return `${names.key} belongs to number ${
    at + 1
  } of the certificates given, expected that one first, then its chain`;
}

interface OpenedKey {
  readonly key: KeyObject;
  readonly pem: string;
}

function openKey(block: PemBlock, passphrase: string | undefined, names: PairNames): OpenedKey {
  const encrypted = block.label === encryptedLabel || block.headers.has("dek-info");
  if (!encrypted) return { key: checked(parseKey(writePem(block)), names), pem: writePem(block) };
  if (passphrase === undefined) {
    throw new RuntimeError(
      "certificate-invalid",
      `${names.key} is encrypted, expected its passphrase in ${names.passphrase}`,
    );
  }
  const key = checked(decrypted(block, passphrase, names), names);
  return { key, pem: key.export({ type: "pkcs8", format: "pem" }) as string };
}

function decrypted(block: PemBlock, passphrase: string, names: PairNames): KeyObject | null {
  const native = parseKey(writePem(block), passphrase);
  if (native !== null) return native;
  const plain = block.label === encryptedLabel ? decryptKey(block.bytes, passphrase) : "unknown";
  if (plain === "wrong") {
    throw new RuntimeError(
      "certificate-invalid",
      `${names.key} cannot be decrypted: its passphrase is wrong`,
    );
  }
  if (plain !== "unknown") {
    return parseKey(writePem({ label: "PRIVATE KEY", headers: new Map(), bytes: plain }));
  }
  throw new RuntimeError(
    "certificate-invalid",
    `${names.key} cannot be decrypted: its passphrase is wrong, or it is encrypted in a way that is not known here, ` +
      "which openssl pkey -in KEY -aes256 -out NEW changes",
  );
}

/** Null: it is none, or of a kind that the runtime does not know. */
function parseKey(pem: string, passphrase?: string): KeyObject | null {
  try {
    return createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    return null;
  }
}

const curves: readonly unknown[] = ["prime256v1", "secp384r1", "secp521r1"];

/** With others the runtimes listen and no handshake ever succeeds. */
function checked(key: KeyObject | null, names: PairNames): KeyObject {
  const type = key?.asymmetricKeyType;
  const known = type === "rsa" || type === "ed25519" ||
    (type === "ec" && curves.includes(key?.asymmetricKeyDetails?.namedCurve));
  if (key !== null && known) return key;
  throw new RuntimeError(
    "certificate-invalid",
    `${names.key} cannot be used: it is damaged, or neither RSA, ECDSA (P-256, P-384, P-521) nor Ed25519`,
  );
}

const others: ReadonlyMap<string, string> = new Map([
  ["PUBLIC KEY", "a public key"],
  ["RSA PUBLIC KEY", "a public key"],
  ["CERTIFICATE REQUEST", "a request for a certificate, which an authority has to sign first"],
  ["NEW CERTIFICATE REQUEST", "a request for a certificate, which an authority has to sign first"],
  ["X509 CRL", "a list of revoked certificates"],
  ["PKCS7", "PKCS #7 (openssl pkcs7 -print_certs -in FILE -out NEW writes its certificates)"],
  ["OPENSSH PRIVATE KEY", "a key of OpenSSH (ssh-keygen -p -m PKCS8 -f FILE rewrites it)"],
  ["EC PARAMETERS", "the parameters of a curve, without a key"],
  ["DH PARAMETERS", "parameters for Diffie-Hellman, which are not needed"],
]);

/** What there is instead of what is wanted. */
function whatElse(blocks: readonly PemBlock[]): string {
  if (blocks.some(isKey)) return "a private key";
  if (blocks.some(isCertificate)) return "a certificate";
  for (const { label } of blocks) if (others.has(label)) return others.get(label)!;
  return `PEM of another kind (${blocks[0]!.label})`;
}
