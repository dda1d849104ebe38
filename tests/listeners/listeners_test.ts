/** Listeners of every kind: what they say of themselves, and the one line when one cannot be opened. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { HttpListener } from "../../src/listeners/http.ts";
import type { Listener } from "../../src/listeners/listener.ts";
import { ListenerError } from "../../src/listeners/listener_error.ts";
import { TcpListener } from "../../src/listeners/tcp.ts";
import type { TlsFiles } from "../../src/listeners/tls_files.ts";
import { UnixListener } from "../../src/listeners/unix.ts";
import { WebSocketListener } from "../../src/listeners/websocket.ts";
import { Client, connectTcp, connectTls, connectUnix } from "../runtime/client.ts";
import { turns } from "../runtime/recorder.ts";
import { fixture } from "../runtime/transports.ts";
import { WebSocketClient } from "../runtime/websocket_client.ts";
import { Host } from "./host.ts";

const timeout = 20_000;
const folder = mkdtempSync(join(tmpdir(), "comqtt-"));
after(() => rmSync(folder, { recursive: true }));

const file = (name: string): string => new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;
const tls: TlsFiles = { cert: file("server.crt"), key: file("server.key") };
const trusting = { ca: fixture("authority.crt") };

type Make = (address: string, tls?: TlsFiles) => Listener;
const withTls = (files?: TlsFiles): { tls?: TlsFiles } => files === undefined ? {} : { tls: files };
const handler = (): Response => new Response("fetched");

const kinds: Record<string, Make> = {
  tcp: (address) => new TcpListener({ id: "t1", address }),
  tls: (address, files = tls) => new TcpListener({ id: "t1", address, ...withTls(files) }),
  ws: (address) => new WebSocketListener({ id: "t1", address }),
  wss: (address, files = tls) => new WebSocketListener({ id: "t1", address, ...withTls(files) }),
  http: (address) => new HttpListener({ id: "t1", address, handler }),
  https: (address, files = tls) => new HttpListener({ id: "t1", address, handler, ...withTls(files) }),
};

async function connect(kind: string, address: string): Promise<Client> {
  const socket = /s$/.test(kind) && kind !== "ws"
    ? await connectTls(address, trusting)
    : await connectTcp(address);
  return kind.startsWith("ws") ? await WebSocketClient.open(socket) : new Client(socket);
}

async function failure(listener: Listener): Promise<string> {
  try {
    await listener.open(new Host());
  } catch (thrown) {
    assert.ok(thrown instanceof ListenerError, `${thrown}`);
    assert.doesNotMatch(thrown.message, /\n|\.$/);
    return thrown.message;
  }
  await listener.close();
  return "opened";
}

for (const [kind, make] of Object.entries(kinds)) {
  describe(`${kind} listener`, () => {
    it("opens, takes streams, closes", { timeout }, async () => {
      const host = new Host();
      const listener = make("127.0.0.1:0");
      assert.deepEqual([listener.id, listener.protocol, listener.address], ["t1", kind, "127.0.0.1:0"]);
      await listener.open(host);
      assert.match(listener.address, /^127\.0\.0\.1:[1-9]\d+$/);
      const client = await connect(kind, listener.address);
      if (kind.startsWith("http")) {
        client.send(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        await client.until(() => client.ended || client.closed);
        assert.match(new TextDecoder().decode(client.bytes()), /fetched/);
      } else {
        client.send(Uint8Array.of(1));
        while (host.accepted.length === 0) await turns(1);
        assert.equal(host.accepted[0]!.listener, listener);
        await host.accepted[0]!.recorder.until(({ received }) => received === 1);
      }
      client.reset();
      await listener.close();
      await listener.close();
      assert.deepEqual(host.lines, []);
    });

    it("without a host it takes IPv4 and IPv6", { timeout }, async () => {
      const host = new Host();
      const listener = make(":0");
      await listener.open(host);
      const client = await connect(kind, listener.address);
      client.reset();
      await listener.close();
    });

    const what = `Cannot open the ${kind} listener "t1" at`;

    it("a port in use", { timeout }, async () => {
      const first = make("127.0.0.1:0");
      await first.open(new Host());
      const line = await failure(make(first.address));
      assert.equal(line, `${what} "${first.address}": the address is already in use`);
      await first.close();
      assert.equal(await failure(make(first.address)), "opened");
    });

    it("an address of another machine", { timeout }, async () => {
      const line = await failure(make("192.0.2.1:0"));
      assert.equal(line, `${what} "192.0.2.1:0": this machine does not have that address`);
    });

    it("a name that does not exist", { timeout }, async () => {
      const line = await failure(make("nowhere.invalid:0"));
      assert.equal(line, `${what} "nowhere.invalid:0": the host name cannot be resolved`);
    });

    it("a malformed address", { timeout }, async () => {
      assert.match(await failure(make("nonsense")), /^Invalid listener address "nonsense": expected /);
    });

    it("closing one that was never opened", { timeout }, () => make("127.0.0.1:0").close());
  });
}

for (const kind of ["tls", "wss", "https"]) {
  describe(`${kind} listener: certificates`, () => {
    const make = kinds[kind]!;
    const what = `Cannot open the ${kind} listener "t1" at "127.0.0.1:0":`;
    const garbage = join(folder, "garbage.pem");
    writeFileSync(garbage, "garbage");
    const missing = join(folder, "missing.pem");
    const unusable: [string, TlsFiles, string][] = [
      [
        "missing certificate",
        { ...tls, cert: missing },
        `the certificate "${missing}" cannot be read: no such file or directory`,
      ],
      [
        "missing key",
        { ...tls, key: missing },
        `the private key "${missing}" cannot be read: no such file or directory`,
      ],
      ["folder", { ...tls, key: folder }, `the private key "${folder}" cannot be read: it is a directory`],
      [
        "garbage certificate",
        { ...tls, cert: garbage },
        `the certificate "${garbage}" is not PEM: it has no line with -----BEGIN`,
      ],
      [
        "garbage key",
        { ...tls, key: garbage },
        `the private key "${garbage}" is not PEM: it has no line with -----BEGIN`,
      ],
      [
        "mismatch",
        { ...tls, key: file("device.key") },
        `the private key "${file("device.key")}" does not belong to the certificate "${file("server.crt")}"`,
      ],
    ];
    for (const [name, files, expected] of unusable) {
      it(name, { timeout }, async () => {
        assert.equal(await failure(make("127.0.0.1:0", files)), `${what} ${expected}`);
      });
    }

    it("PEM text instead of paths", { timeout }, async () => {
      const text = { cert: fixture("server.crt"), key: fixture("server.key") };
      assert.equal(await failure(make("127.0.0.1:0", text)), "opened");
    });
  });
}

const reloading = {
  tls: (files: TlsFiles) => new TcpListener({ id: "t1", address: "127.0.0.1:0", tls: files }),
  wss: (files: TlsFiles) => new WebSocketListener({ id: "t1", address: "127.0.0.1:0", tls: files }),
  https: (files: TlsFiles) => new HttpListener({ id: "t1", address: "127.0.0.1:0", tls: files, handler }),
};

for (const [kind, make] of Object.entries(reloading)) {
  describe(`${kind} listener: reload`, () => {
    it(
      "reads the files again, and keeps the old ones if the new ones are unusable",
      { timeout },
      async () => {
        const cert = join(folder, "cert.pem");
        const key = join(folder, "key.pem");
        writeFileSync(cert, fixture("server.crt"));
        writeFileSync(key, fixture("server.key"));
        const listener = make({ cert, key });
        await listener.open(new Host());
        const serial = async (): Promise<string> => {
          const socket = await connectTls(listener.address, trusting);
          const { serialNumber } = socket.getPeerCertificate();
          socket.destroy();
          return serialNumber;
        };
        assert.match(await serial(), /1001$/);
        writeFileSync(cert, fixture("renewed.crt"));
        await assert.rejects(listener.reload(), {
          name: "ListenerError",
          message: /does not belong to the certificate "/,
        });
        assert.match(await serial(), /1001$/);
        writeFileSync(key, fixture("renewed.key"));
        await listener.reload();
        assert.match(await serial(), /1002$/);
        await listener.close();
      },
    );
  });
}

describe("unix listener", () => {
  const make = (path: string): UnixListener => new UnixListener({ id: "u1", path, mode: 0o600 });
  const path = join(folder, "socket");
  const what = (at: string): string => `Cannot open the unix listener "u1" at "${at}":`;

  it("opens, takes streams, closes", { timeout }, async () => {
    const host = new Host();
    const listener = make(path);
    await listener.open(host);
    assert.deepEqual([listener.address, listener.protocol], [path, "unix"]);
    const client = new Client(await connectUnix(path));
    while (host.accepted.length === 0) await turns(1);
    assert.equal(host.accepted[0]!.recorder.stream.remoteAddress, `unix:${path}`);
    client.reset();
    await listener.close();
    await listener.close();
  });

  it("a path in use", { timeout }, async () => {
    const first = make(path);
    await first.open(new Host());
    assert.equal(await failure(make(path)), `${what(path)} the address is already in use`);
    await first.close();
  });

  it("a plain file at its path", { timeout }, async () => {
    const file = join(folder, "file");
    writeFileSync(file, "precious");
    assert.equal(
      await failure(make(file)),
      `${what(file)} a plain file is there, not a socket, and it stays`,
    );
    assert.equal(readFileSync(file, "utf8"), "precious");
  });

  it("a folder that does not exist, a path that is too long or empty", { timeout }, async () => {
    const nowhere = join(folder, "none", "socket");
    assert.equal(await failure(make(nowhere)), `${what(nowhere)} no such file or directory`);
    const long = `/tmp/${"x".repeat(103)}`;
    assert.equal(await failure(make(long)), `Invalid socket path "${long}": it must have 1 to 107 bytes`);
    assert.match(await failure(make("")), /^Invalid socket path ""/);
  });
});
