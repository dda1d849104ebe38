/** Certificates and keys in every form they come in: the same on both runtimes, and said what is wrong. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConnectionOptions } from "node:tls";
import { type KeyPair, readKeyPair } from "../../src/runtime/tls/key_pair.ts";
import type { TlsSettings } from "../../src/runtime/tls/contexts.ts";
import { listenTls } from "../../src/runtime/tls/tls.ts";
import { connectTls } from "./client.ts";
import { Recorder } from "./recorder.ts";
import { fixture, place, serverPair } from "./transports.ts";

const timeout = 20_000;
const server = fixture("server.crt");
const serverKey = fixture("server.key");
const authority = fixture("authority.crt");
const chain = fixture("leaf.crt") + fixture("between.crt");
const root = fixture("root.crt");

/** The serial number of the certificate that a client gets to see who trusts `ca` alone; its error otherwise. */
async function shown(settings: TlsSettings, client: ConnectionOptions): Promise<string> {
  const recorders: Recorder[] = [];
  const acceptor = await listenTls({ ...place, ...settings }, (stream) => {
    recorders.push(new Recorder(stream));
    return recorders.at(-1)!;
  });
  try {
    const socket = await connectTls(acceptor.address, client);
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber.replace(/^0+/, "");
  } catch (error) {
    return (error as Error).message;
  } finally {
    await acceptor.close();
    for (const { stream } of recorders) stream.destroy();
  }
}

describe("key pair: one PEM with both, given for both", () => {
  const texts = {
    "certificate first": server + serverKey,
    "key first": serverKey + server,
    "with a chain between": chain + fixture("leaf.key"),
    "with the parameters of the curve": server + fixture("server_parameters.key"),
  };
  for (const [name, text] of Object.entries(texts)) {
    it(name, { timeout }, async () => {
      const ca = text.includes(server) ? authority : root;
      const serial = text.includes(server) ? "1001" : "3002";
      assert.equal(await shown({ cert: text, key: text }, { ca }), serial);
    });
  }
});

describe("key pair: the whole chain is shown", () => {
  const texts = {
    "as it is written": chain,
    "glued together on one line": fixture("leaf.crt").trimEnd() + fixture("between.crt"),
    "with CRLF and a byte order mark": `\uFEFF${chain.replaceAll("\n", "\r\n")}`,
    "with text before each": `subject=CN = localhost\n${
      chain.replaceAll("-----BEGIN", "Bag Attributes: <No Attributes>\n-----BEGIN")
    }`,
  };
  for (const [name, cert] of Object.entries(texts)) {
    it(name, { timeout }, async () => {
      assert.equal(await shown({ cert, key: fixture("leaf.key") }, { ca: root }), "3002");
    });
  }

  it("without it a client that trusts the root alone does not connect", { timeout }, async () => {
    const cert = fixture("leaf.crt");
    assert.match(await shown({ cert, key: fixture("leaf.key") }, { ca: root }), /certificate|issuer/i);
  });
});

describe("key pair: keys", () => {
  const keys = {
    "PKCS #8": [serverKey],
    "with the parameters of its curve before it": [fixture("server_parameters.key")],
    "encrypted with AES": [fixture("server_encrypted.key"), "secret"],
    "encrypted with Triple-DES, as openssl req does": [fixture("server_des3.key"), "secret"],
    "encrypted with scrypt": [fixture("server_scrypt.key"), "secret"],
    "encrypted in the old way": [fixture("server_legacy.key"), "secret"],
    "not encrypted, with a passphrase": [serverKey, "secret"],
    "one of several": [fixture("device.key") + serverKey],
  };
  for (const [name, [key = "", passphrase]] of Object.entries(keys)) {
    it(name, { timeout }, async () => {
      const pair = { cert: server, key, ...(passphrase === undefined ? {} : { passphrase }) };
      assert.equal(await shown(pair, { ca: authority }), "1001");
      assert.doesNotMatch(readKeyPair(pair).key, /ENCRYPTED/);
    });
  }

  it("a trusted certificate of OpenSSL is a certificate", { timeout }, async () => {
    assert.equal(
      await shown({ cert: fixture("server_trusted.crt"), key: serverKey }, { ca: authority }),
      "1001",
    );
  });
});

describe("key pair: authorities", () => {
  it("all of a bundle count, glued together or not", { timeout }, async () => {
    const bundle = [authority, fixture("other_authority.crt")];
    for (
      const ca of [
        bundle.join(""),
        bundle.map((one) => one.trimEnd()).join(""),
        serverKey + bundle.join(""),
      ]
    ) {
      for (const name of ["device", "stranger"]) {
        const client = { ca: authority, cert: fixture(`${name}.crt`), key: fixture(`${name}.key`) };
        assert.equal(await shown({ ...serverPair, ca, requireClientCert: true }, client), "1001");
      }
    }
  });
});

describe("key pair: what is wrong is said", () => {
  const damaged = server.replace("MIIB", "MIIC");
  const cases: [string, Partial<KeyPair>, string][] = [
    ["no PEM as certificate", { cert: "x" }, "The certificate is not PEM: it has no line with -----BEGIN"],
    ["no PEM as key", { key: "x" }, "The private key is not PEM: it has no line with -----BEGIN"],
    ["nothing", { key: " \n" }, "The private key is empty"],
    [
      "a key where a certificate should be",
      { cert: serverKey },
      "The certificate is a private key, expected a certificate",
    ],
    [
      "a certificate where a key should be",
      { key: server },
      "The private key is a certificate, expected a private key",
    ],
    [
      "both exchanged",
      { cert: serverKey, key: server },
      "The certificate is a private key, and the private key a certificate: exchange them",
    ],
    ["another key", { key: fixture("device.key") }, "The private key does not belong to the certificate"],
    [
      "a chain that begins with the authority",
      { cert: fixture("between.crt") + fixture("leaf.crt"), key: fixture("leaf.key") },
      "The private key belongs to number 2 of the certificates given, expected that one first, then its chain",
    ],
    [
      "an encrypted key without a passphrase",
      { key: fixture("server_encrypted.key") },
      "The private key is encrypted, expected its passphrase in passphrase",
    ],
    [
      "an encrypted key with a wrong passphrase",
      { key: fixture("server_encrypted.key"), passphrase: "wrong" },
      "The private key cannot be decrypted: its passphrase is wrong",
    ],
    [
      "a Triple-DES key with a wrong passphrase",
      { key: fixture("server_des3.key"), passphrase: "wrong" },
      "The private key cannot be decrypted: its passphrase is wrong",
    ],
    [
      "a key that is cut off",
      { key: serverKey.slice(0, 80) },
      "The private key is cut off: the line -----END PRIVATE KEY----- is missing",
    ],
    [
      "a key of a kind nobody speaks",
      { cert: fixture("unusual.crt"), key: fixture("unusual.key") },
      "The private key cannot be used: it is damaged, or neither RSA, ECDSA (P-256, P-384, P-521) nor Ed25519",
    ],
    ["a damaged certificate", { cert: damaged }, "The certificate is damaged"],
    [
      "a damaged chain",
      { cert: server + damaged },
      "The certificate is damaged: number 2 of its certificates cannot be read",
    ],
    [
      "a request",
      { cert: fixture("server.csr") },
      "The certificate is a request for a certificate, which an authority has to sign first, expected a certificate",
    ],
    [
      "PEM of another kind",
      { cert: "-----BEGIN CHEESE-----\nAAAA\n-----END CHEESE-----" },
      "The certificate is PEM of another kind (CHEESE), expected a certificate",
    ],
    [
      "an authority that is a key",
      { ca: serverKey },
      "The certificate authority is a private key, expected a certificate",
    ],
    [
      "an authority that is none",
      { ca: "x" },
      "The certificate authority is not PEM: it has no line with -----BEGIN",
    ],
    ["an empty authority", { ca: "" }, "The certificate authority is empty"],
  ];
  for (const [name, pair, message] of cases) {
    it(name, () => {
      assert.throws(() => readKeyPair({ ...serverPair, ...pair }), { message });
    });
  }

  it("no secret is in a message", () => {
    for (const key of ["server_encrypted.key", "server_des3.key", "server_legacy.key", "server_scrypt.key"]) {
      try {
        readKeyPair({ cert: server, key: fixture(key), passphrase: "hunter2" });
        assert.fail("it was opened");
      } catch (error) {
        assert.match((error as Error).message, /passphrase is wrong/);
        assert.doesNotMatch(String((error as Error).stack) + String((error as Error).cause), /hunter2|MIH/);
      }
    }
  });
});
