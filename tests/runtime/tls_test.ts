/** TLS: who the client is, and what strangers can do. */

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { openSockets } from "../../src/runtime/tcp/open_sockets.ts";
import type { ConnectionOptions } from "node:tls";
import { ownHandshakes } from "../../src/runtime/pending_handshakes.ts";
import type { PeerCertificate } from "../../src/runtime/stream.ts";
import { listenTls, type TlsAcceptor, type TlsOptions } from "../../src/runtime/tls/tls.ts";
import { Client, connectTcp, connectTls } from "./client.ts";
import { Recorder, turns } from "./recorder.ts";
import { fixture, place, serverPair } from "./transports.ts";

const timeout = 20_000;

after(async () => {
  for (let i = 0; openSockets.open > 0 && i < 100; i++) await turns();
  assert.equal(openSockets.open, 0, "sockets are left over");
});
const authority = fixture("authority.crt");
const device: ConnectionOptions = { ca: authority, cert: fixture("device.crt"), key: fixture("device.key") };
const stranger: ConnectionOptions = {
  ca: authority,
  cert: fixture("stranger.crt"),
  key: fixture("stranger.key"),
};

interface Server {
  acceptor: TlsAcceptor;
  accepted: Recorder[];
}

async function serve(options: Partial<TlsOptions>, run: (server: Server) => Promise<void>): Promise<void> {
  const accepted: Recorder[] = [];
  const acceptor = await listenTls({ ...place, ...serverPair, ...options }, (stream) => {
    const recorder = new Recorder(stream);
    accepted.push(recorder);
    return recorder;
  });
  try {
    await run({ acceptor, accepted });
  } finally {
    await acceptor.close();
    for (const { stream } of accepted) stream.destroy();
  }
}

/** The certificate the broker sees; undefined: the client was not let in. */
async function seen(server: Server, options: ConnectionOptions): Promise<PeerCertificate | null | undefined> {
  const before = server.accepted.length;
  const socket = await connectTls(server.acceptor.address, options).catch(() => null);
  if (socket === null) return undefined;
  const client = new Client(socket);
  client.send(Uint8Array.of(1)); // In TLS 1.3 the client is done before the server has looked at it.
  while (server.accepted.length === before && !client.closed && !client.ended) await turns(1);
  client.reset();
  return server.accepted[before]?.stream.certificate;
}

describe("tls: client certificates", () => {
  const expected: PeerCertificate = {
    commonName: "device-1",
    subject: "CN=device-1,OU=two,OU=one,O=Acme\\, Inc.,C=DE",
    issuer: "CN=Test authority",
    serialNumber: "A1B2C",
    fingerprint256: "",
    subjectAltName: "DNS:device-1.example, URI:urn:device:1",
  };

  it(
    "a trusted one names the client",
    { timeout },
    () =>
      serve({ ca: authority, requestClientCert: true }, async (server) => {
        const certificate = await seen(server, device);
        assert.match(certificate?.fingerprint256 ?? "", /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
        assert.deepEqual({ ...certificate, fingerprint256: "" }, expected);
      }),
  );

  it(
    "none, or one that is not trusted, names nobody when it is optional",
    { timeout },
    () =>
      serve({ ca: authority, requestClientCert: true }, async (server) => {
        assert.equal(await seen(server, { ca: authority }), null);
        assert.equal(await seen(server, stranger), null);
      }),
  );

  it(
    "none, or one that is not trusted, is refused when it is required",
    { timeout },
    () =>
      serve({ ca: authority, requireClientCert: true }, async (server) => {
        assert.equal(await seen(server, { ca: authority }), undefined);
        assert.equal(await seen(server, stranger), undefined);
        assert.equal((await seen(server, device))?.commonName, "device-1");
      }),
  );

  it(
    "one that was not asked for is not believed",
    { timeout },
    () =>
      serve({ ca: authority }, async (server) => {
        assert.equal(await seen(server, device), null);
      }),
  );

  it(
    "a resumed session has its certificate or does not get in",
    { timeout },
    () =>
      serve({ ca: authority, requireClientCert: true }, async (server) => {
        for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
          const options = { ...device, minVersion: version, maxVersion: version };
          const first = await connectTls(server.acceptor.address, options);
          let session: Uint8Array | undefined;
          first.on("session", (bytes: Uint8Array) => session = bytes);
          const client = new Client(first);
          const { stream } = await taken(server, 0);
          stream.write(Uint8Array.of(1));
          await client.take(1);
          client.reset();
          server.accepted.length = 0;
          const resumed = session === undefined ? options : { ...options, session: session as never };
          const certificate = await seen(server, resumed);
          assert.ok(certificate === undefined || certificate?.commonName === "device-1");
          server.accepted.length = 0;
        }
      }),
  );
});

async function taken(server: Server, index: number): Promise<Recorder> {
  while (server.accepted.length <= index) await turns(1);
  return server.accepted[index]!;
}

describe("tls: server", () => {
  it(
    "an encrypted key with its passphrase",
    { timeout },
    () =>
      serve({ key: fixture("server_encrypted.key"), passphrase: "secret" }, async (server) => {
        assert.equal(await seen(server, { ca: authority }), null);
      }),
  );

  it("a minimum version is kept", { timeout }, () =>
    serve({ minVersion: "TLSv1.3" }, async (server) => {
      assert.equal(await seen(server, { ca: authority, maxVersion: "TLSv1.2" }), undefined);
      assert.equal(await seen(server, { ca: authority, minVersion: "TLSv1.3" }), null);
    }));

  it(
    "reload changes the certificate of new connections only",
    { timeout },
    () =>
      serve({}, async (server) => {
        const serial = async (): Promise<string> => {
          const socket = await connectTls(server.acceptor.address, { ca: authority });
          const { serialNumber } = socket.getPeerCertificate();
          socket.destroy();
          return serialNumber.replace(/^0+/, "");
        };
        const old = new Client(await connectTls(server.acceptor.address, { ca: authority }));
        const { stream } = await taken(server, 0);
        assert.equal(await serial(), "1001");
        assert.throws(
          () => server.acceptor.reload({ ...serverPair, key: fixture("device.key") }),
          /does not belong/,
        );
        assert.equal(await serial(), "1001");
        server.acceptor.reload({ cert: fixture("renewed.crt"), key: fixture("renewed.key") });
        assert.equal(await serial(), "1002");
        stream.write(Uint8Array.of(7));
        assert.deepEqual(await old.take(1), Uint8Array.of(7));
        old.reset();
      }),
  );

  const unusable: [string, Partial<TlsOptions>, RegExp][] = [
    ["a certificate that is none", { cert: "x" }, /^The certificate is not PEM/],
    ["a key of another certificate", { key: fixture("device.key") }, /^The private key does not belong to/],
    ["an authority that is none", { ca: "x" }, /^The certificate authority is not PEM/],
    [
      "a wrong passphrase",
      { key: fixture("server_encrypted.key"), passphrase: "wrong" },
      /^The private key cannot be decrypted: its passphrase is wrong$/,
    ],
  ];
  for (const [name, options, expected] of unusable) {
    it(`${name} is refused before listening`, { timeout }, async () => {
      await assert.rejects(serve(options, () => Promise.resolve()), { message: expected });
    });
  }

  it(
    "who sends no handshake, or nonsense, is closed",
    { timeout },
    () =>
      serve({ handshakeMs: 100 }, async (server) => {
        const silent = new Client(await connectTcp(server.acceptor.address));
        const nonsense = new Client(await connectTcp(server.acceptor.address));
        nonsense.send(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
        await silent.until(() => silent.ended || silent.closed);
        await nonsense.until(() => nonsense.ended || nonsense.closed);
        assert.equal(server.accepted.length, 0);
      }),
  );

  it(
    "handshakes that came while the process stood still go on, they are not timed out",
    { timeout },
    () =>
      serve({ handshakeMs: 300 }, async (server) => {
        const coming = Array.from({ length: 10 }, () => seen(server, { ca: authority }));
        await turns(2);
        for (let i = 0; i < 3; i++) {
          for (const end = performance.now() + 700; performance.now() < end;);
          await turns(2);
        }
        assert.deepEqual(await Promise.all(coming), coming.map(() => null));
      }),
  );

  it(
    "who keeps all handshakes half open keeps nobody out: the oldest makes room",
    { timeout },
    () =>
      serve({ beginHandshake: ownHandshakes(2) }, async (server) => {
        const half: Client[] = [];
        for (let i = 0; i < 3; i++) half.push(new Client(await connectTcp(server.acceptor.address)));
        for (let i = 0; i < 3; i++) {
          assert.equal(await seen(server, { ca: authority }), null);
          // (One that is let in has its place for as long as its handshake takes.)
          half.push(new Client(await connectTcp(server.acceptor.address)));
        }
        for (const client of half.slice(0, 4)) await client.until(() => client.ended || client.closed);
        half.at(-1)!.send(Uint8Array.of(0, 1, 2, 3, 4, 5));
        await half.at(-1)!.until(() => half.at(-1)!.ended || half.at(-1)!.closed);
        assert.equal(server.accepted.length, 3);
        for (const client of half) client.reset();
      }),
  );
});
