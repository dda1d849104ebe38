/** Certificates and keys as listeners are given them: paths, text, bytes; what is wrong with which of them. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { TcpListener } from "../../src/listeners/tcp.ts";
import { readTlsFiles, type TlsFiles } from "../../src/listeners/tls_files.ts";
import { readPem } from "../../src/runtime/tls/pem.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { connectTls } from "../runtime/client.ts";
import { fixture } from "../runtime/transports.ts";
import { Host } from "./host.ts";

const path = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const server: TlsFiles = { cert: path("server.crt"), key: path("server.key") };
const folder = temporaryFolder();

/** A file with that in it. */
function written(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

function der(name: string): Uint8Array {
  return readPem(fixture(name))[0]!.bytes;
}

describe("tls files: what is read", () => {
  const both = written("both.pem", fixture("server.key") + fixture("server.crt"));
  const utf16 = (mark: string): Uint8Array => Buffer.from(mark + fixture("server.crt"), "utf16le");
  const forms: Record<string, TlsFiles> = {
    "two paths": server,
    "one path of a file with both": { cert: both, key: both },
    "text": { cert: fixture("server.crt"), key: fixture("server.key") },
    "one text with both": { cert: readFileSync(both, "utf8"), key: readFileSync(both, "utf8") },
    "bytes": { cert: readFileSync(path("server.crt")), key: new Uint8Array(readFileSync(both)) },
    "a file that Windows has written": { ...server, cert: written("utf16.pem", utf16("\uFEFF")) },
    "a byte order mark": { ...server, cert: written("mark.pem", `\uFEFF${fixture("server.crt")}`) },
    "a passphrase": { ...server, key: path("server_encrypted.key"), passphrase: "secret" },
    "the file of a passphrase": {
      ...server,
      key: path("server_encrypted.key"),
      passphraseFile: written("passphrase", "secret\r\n"),
    },
  };
  for (const [name, files] of Object.entries(forms)) {
    it(name, async () => {
      const { cert, key, passphrase } = await readTlsFiles(files);
      assert.deepEqual([cert, passphrase], [fixture("server.crt"), undefined]);
      assert.deepEqual(readPem(key).map(({ bytes }) => bytes), [der("server.key")]);
    });
  }
});

describe("tls files: what is wrong is said with its file", () => {
  const certDer = written("server.der", der("server.crt"));
  const keyDer = written("key.der", der("server.key"));
  const cases: [string, Partial<Record<keyof TlsFiles, unknown>>, string | RegExp][] = [
    [
      "no key",
      { key: undefined },
      /^The private key is missing \(tls\.key\); one PEM with certificate and key may/,
    ],
    ["no certificate", { cert: undefined }, /^The certificate is missing \(tls\.cert\); one PEM with/],
    [
      "a key as certificate",
      { cert: path("server.key") },
      `The certificate "${path("server.key")}" is a private key, expected a certificate`,
    ],
    [
      "a certificate as key",
      { key: path("server.crt") },
      `The private key "${path("server.crt")}" is a certificate, expected a private key`,
    ],
    [
      "both exchanged",
      { cert: path("server.key"), key: path("server.crt") },
      `The certificate "${path("server.key")}" is a private key, and the private key "${
        path("server.crt")
      }" a certificate: exchange them`,
    ],
    [
      "an encrypted key",
      { key: path("server_encrypted.key") },
      `The private key "${
        path("server_encrypted.key")
      }" is encrypted, expected its passphrase in tls.passphrase or ` +
      "tls.passphraseFile (--tls-passphrase-file)",
    ],
    [
      "an authority without a certificate",
      { ca: path("server.key") },
      `The certificate authority "${path("server.key")}" is a private key, expected a certificate`,
    ],
    [
      "DER as certificate",
      { cert: certDer },
      `The certificate "${certDer}" is DER, expected PEM, which openssl x509 -inform der -in FILE -out NEW writes`,
    ],
    [
      "DER as key",
      { key: keyDer },
      `The private key "${keyDer}" is DER, expected PEM, which openssl pkey -inform der -in FILE -out NEW writes`,
    ],
    ["DER in bytes", { cert: der("server.crt") }, /^The certificate is DER, expected PEM/],
    [
      "PKCS #12",
      { cert: path("server.p12") },
      /server\.p12" is PKCS #12, expected PEM, which openssl pkcs12 -nodes -in FILE -out NEW writes$/,
    ],
    ["an empty file", { key: written("empty", "") }, `The private key "${join(folder, "empty")}" is empty`],
    [
      "no passphrase file",
      { passphraseFile: join(folder, "none") },
      /^The passphrase file ".*none" cannot be read: no such file/,
    ],
    ["an empty passphrase file", { passphraseFile: join(folder, "empty") }, /has nothing in its first line$/],
  ];
  for (const [name, files, message] of cases) {
    it(name, async () => {
      await assert.rejects(readTlsFiles({ ...server, ...files } as TlsFiles), { message });
    });
  }

  it("a key without its first line is not shown as the name of a file", async () => {
    const base64 = Buffer.from(der("server.key")).toString("base64");
    for (const key of [base64, `${base64}\n`, fixture("server.key").slice(5)]) {
      await assert.rejects(readTlsFiles({ ...server, key }), (error: Error) => {
        assert.match(error.message, /^The private key is not PEM: it has no line with -----BEGIN/);
        assert.ok(!error.message.includes(base64.slice(0, 8)));
        return true;
      });
    }
  });
});

describe("tls files: reload", () => {
  it("anything that cannot be used leaves what there is", { timeout: 20_000 }, async () => {
    const file = written("live.pem", fixture("server.crt") + fixture("server.key"));
    const passphraseFile = written("live.passphrase", "secret\n");
    const listener = new TcpListener({
      id: "t1",
      address: "127.0.0.1:0",
      tls: { cert: file, key: file, passphraseFile },
    });
    await listener.open(new Host());
    const serial = async (ca: string): Promise<string> => {
      const socket = await connectTls(listener.address, { ca: fixture(ca) });
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber.slice(-4);
    };
    assert.equal(await serial("authority.crt"), "1001");
    const broken: [string | Uint8Array, RegExp][] = [
      ["", /the certificate ".*" is empty$/],
      [fixture("renewed.crt"), /the private key ".*" is a certificate, expected a private key$/],
      [fixture("renewed.crt") + fixture("server.key"), /does not belong to/],
      [fixture("renewed.crt") + fixture("renewed.key").slice(0, 100), /is cut off/],
      [der("renewed.crt"), /is DER, expected PEM/],
    ];
    for (const [content, message] of broken) {
      writeFileSync(file, content);
      await assert.rejects(listener.reload(), { name: "ListenerError", message });
      assert.equal(await serial("authority.crt"), "1001");
    }
    // Glued together, with an encrypted key and a chain.
    writeFileSync(file, fixture("server.crt").trimEnd() + fixture("server_encrypted.key"));
    writeFileSync(passphraseFile, "wrong");
    await assert.rejects(listener.reload(), /its passphrase is wrong$/);
    writeFileSync(passphraseFile, "secret");
    await listener.reload();
    assert.equal(await serial("authority.crt"), "1001");
    writeFileSync(
      file,
      fixture("leaf.key").trimEnd() + fixture("leaf.crt").trimEnd() + fixture("between.crt"),
    );
    await listener.reload();
    assert.equal(await serial("root.crt"), "3002");
    await listener.close();
  });
});
