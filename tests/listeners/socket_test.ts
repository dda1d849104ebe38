/** A listener over what the program has: servers and single sockets. */

import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import net from "node:net";
import { Duplex, duplexPair } from "node:stream";
import { after, describe, it } from "node:test";
import tls from "node:tls";
import { AllowAll, ListenerError, Server } from "../../mod.ts";
import { SocketListener } from "../../src/listeners/socket.ts";
import type {
  NodeSocket,
  SocketIterable,
  SocketServer,
  StreamPair,
} from "../../src/runtime/tcp/socket_shapes.ts";
import { openSockets } from "../../src/runtime/tcp/open_sockets.ts";
import { socketClient } from "../harness/socket_client.ts";
import { until } from "../harness/time.ts";
import { listening } from "../runtime/adopted.ts";
import { Client, connectTcp, connectTls, portOf } from "../runtime/client.ts";
import { fixture } from "../runtime/transports.ts";
import { Host } from "./host.ts";

const timeout = 20_000;
const pair = { cert: fixture("server.crt"), key: fixture("server.key") };
const trusting = { ca: fixture("authority.crt") };
const hello = Uint8Array.of(104, 105);

/** What the runtimes give fits without a cast: checked by the compiler. */
export function fits(
  server: net.Server,
  secure: tls.Server,
  socket: net.Socket,
  duplex: Duplex,
): SocketListener[] {
  const servers: SocketServer[] = [server, secure, new EventEmitter()];
  const sockets: NodeSocket[] = [socket, duplex];
  const listener = new SocketListener({ id: "types" });
  for (const one of sockets) listener.accept(one);
  return servers.map((source) => new SocketListener({ id: "types", source }));
}
export function fitsOfDeno(
  connection: Deno.Conn,
  secure: Deno.TlsConn,
  listener: Deno.Listener,
): SocketIterable {
  const pairs: StreamPair[] = [connection, secure];
  const sources: SocketIterable[] = [listener, listener as unknown as Deno.TlsListener];
  const own = new SocketListener({ id: "types", source: listener });
  for (const one of pairs) own.accept(one);
  own.accept({ readable: new ReadableStream<Uint8Array>(), writable: new WritableStream<Uint8Array>() });
  return sources[0]!;
}

after(() => until(() => openSockets.open === 0, "all sockets to be given back"));

async function isRefused(port: number): Promise<boolean> {
  try {
    (await connectTcp(`127.0.0.1:${port}`)).destroy();
    return false;
  } catch {
    return true;
  }
}

describe("socket listener", () => {
  it("a net.Server: MQTT through a real broker", { timeout }, async () => {
    const tcp = await listening(net.createServer());
    const listener = new SocketListener({ id: "own", source: tcp });
    const { port } = tcp.address() as net.AddressInfo;
    assert.deepEqual([listener.protocol, listener.address], ["socket", `127.0.0.1:${port}`]);
    const server = new Server({ sysTopicInterval: 0 });
    server.addHook(new AllowAll());
    await server.addListener(listener);
    await server.serve();
    const client = await socketClient(port);
    await client.connect();
    await client.subscribe("a", 1);
    await client.published("b", "", { qos: 2 });
    client.publish("a", "b");
    assert.equal((await client.message()).text, "b");
    await server.close();
    await client.refusedWith(0x8b);
    assert.equal(tcp.listening, false);
    assert.equal(await isRefused(port), true);
  });

  it("a server that listens later", { timeout }, async () => {
    const host = new Host();
    const tcp = net.createServer();
    const listener = new SocketListener({ id: "own", source: tcp });
    await listener.open(host);
    assert.equal(listener.address, "socket:own");
    await listening(tcp);
    assert.match(listener.address, /^127\.0\.0\.1:[1-9]/);
    const bound = listener.address;
    const client = new Client(await connectTcp(bound));
    client.send(hello);
    await (await host.stream()).until(({ received }) => received === 2);
    client.reset();
    await listener.close();
    assert.equal(listener.address, bound);
  });

  it("a Unix socket's peers are known by its path", { timeout }, async () => {
    const path = `/tmp/comqtt-${crypto.randomUUID()}`;
    const unix = net.createServer();
    await new Promise<void>((resolve) => unix.listen(path, resolve));
    const host = new Host();
    const listener = new SocketListener({ id: "own", source: unix });
    await listener.open(host);
    assert.equal(listener.address, path);
    const client = new Client(net.connect({ path }));
    assert.equal((await host.stream()).stream.remoteAddress, `unix:${path}`);
    client.reset();
    await listener.close();
  });

  it("a tls.Server: the client certificate comes along when it was verified", { timeout }, async () => {
    const options = { ...pair, ...trusting, requestCert: true, rejectUnauthorized: false };
    const secure = await listening(tls.createServer(options));
    const host = new Host();
    const listener = new SocketListener({ id: "own", source: secure });
    await listener.open(host);
    const names: (string | null)[] = [];
    for (const name of ["device", "stranger", ""]) {
      const own = name === "" ? {} : { cert: fixture(`${name}.crt`), key: fixture(`${name}.key`) };
      const client = new Client(await connectTls(listener.address, { ...trusting, ...own }));
      const { stream } = await host.stream(names.length);
      names.push(stream.certificate?.commonName ?? null);
      client.reset();
    }
    assert.deepEqual(names, ["device-1", null, null]);
    await listener.close();
    assert.deepEqual(host.lines, []);
  });

  it(
    "a tls.Server: nonsense instead of a handshake harms nobody, close ends what waits",
    { timeout },
    async () => {
      const secure = await listening(tls.createServer(pair));
      const host = new Host();
      const listener = new SocketListener({ id: "own", source: secure });
      await listener.open(host);
      const bad = new Client(await connectTcp(listener.address));
      bad.send(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
      await bad.until(() => bad.ended || bad.closed);
      bad.reset();
      const silent = new Client(await connectTcp(listener.address));
      silent.send(Uint8Array.of(0x16));
      const good = new Client(await connectTls(listener.address, trusting));
      good.send(hello);
      await (await host.stream()).until(({ received }) => received === 2);
      assert.equal(host.accepted.length, 1);
      await listener.close();
      await silent.until(() => silent.ended || silent.closed);
      assert.equal(good.closed, false);
      silent.reset();
      good.reset();
      assert.deepEqual(host.lines.map((line) => line.replace(/ \S+ own: .*$/, "")), [
        "refused plain-on-tls-port",
      ]);
    },
  );

  it("closeServer false leaves the server to the program", { timeout }, async () => {
    const own: net.Socket[] = [];
    const tcp = await listening(net.createServer());
    const host = new Host();
    const listener = new SocketListener({ id: "own", source: tcp, closeServer: false });
    await listener.open(host);
    await listener.close();
    tcp.on("connection", (socket) => own.push(socket));
    const client = new Client(await connectTcp(listener.address));
    await until(() => own.length === 1, "the program's own connection");
    assert.equal(host.accepted.length, 0);
    assert.equal(tcp.listenerCount("error"), 0);
    own[0]!.destroy();
    client.reset();
    tcp.close();
  });

  it("two listeners cannot take from one source; after a close the next one can", { timeout }, async () => {
    const tcp = await listening(net.createServer());
    const first = new SocketListener({ id: "1", source: tcp, closeServer: false });
    const second = new SocketListener({ id: "2", source: tcp });
    await first.open(new Host());
    await assert.rejects(
      second.open(new Host()),
      new ListenerError(
        `Cannot open the socket listener "2" at "${first.address}": another listener takes its connections already`,
        { listener: "2", code: "address-in-use" },
      ),
    );
    await first.close();
    const host = new Host();
    await second.open(host);
    const client = new Client(await connectTcp(second.address));
    await host.stream();
    client.reset();
    await second.close();
    await second.close();
  });

  it("what goes wrong with the program's server is logged and thrown nowhere", async () => {
    const emitter = new EventEmitter();
    const host = new Host();
    const listener = new SocketListener({ id: "own", source: emitter });
    await listener.open(host);
    emitter.emit("error", new Error("No more sockets"));
    emitter.emit("connection", "nonsense");
    emitter.emit("connection", undefined);
    const locked = new ReadableStream<Uint8Array>();
    locked.getReader();
    emitter.emit("connection", { readable: locked, writable: new WritableStream<Uint8Array>() });
    const [first, second, third, fourth, ...rest] = host.lines;
    assert.equal(first, 'error Listener "own": No more sockets');
    for (const line of [second, third]) {
      assert.match(line!, /^error Listener "own": Cannot take a socket: expected/);
    }
    assert.match(fourth!, /^error Listener "own": .*locked/i);
    assert.deepEqual([rest, host.accepted.length], [[], 0]);
    await listener.close();
  });
});

describe("socket listener: accept", () => {
  it("single sockets, with what the program says of them", { timeout }, async () => {
    const host = new Host();
    const listener = new SocketListener({ id: "own" });
    await listener.open(host);
    const certificate = {
      commonName: "device-1",
      subject: "CN=device-1",
      issuer: "CN=authority",
      serialNumber: "1",
      fingerprint256: "00",
      subjectAltName: "",
    };
    const [near, far] = duplexPair();
    assert.equal(listener.accept(near, { remoteAddress: "192.0.2.7:4711", certificate }), true);
    const { stream } = await host.stream();
    assert.deepEqual([stream.remoteAddress, stream.certificate], ["192.0.2.7:4711", certificate]);
    assert.equal(host.accepted[0]!.listener, listener);
    far.destroy();
    stream.destroy();
    await listener.close();
  });

  it("a stream in memory gets bytes that nobody changes afterwards", { timeout }, async () => {
    const host = new Host();
    const listener = new SocketListener({ id: "own" });
    await listener.open(host);
    const [near, far] = duplexPair();
    const there = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, { highWaterMark: 9 });
    const back = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, { highWaterMark: 9 });
    listener.accept(near);
    listener.accept({ readable: there.readable, writable: back.writable });
    const chunks: Uint8Array[] = [];
    far.on("data", (bytes: Uint8Array) => chunks.push(bytes));
    for (const { recorder } of host.accepted) {
      const bytes = hello.slice();
      if (!recorder.stream.write(bytes)) await recorder.until(({ writtenCalls }) => writtenCalls === 1);
      bytes.fill(0);
    }
    const { value } = await back.readable.getReader().read();
    await until(() => chunks.length === 1, "the bytes");
    assert.deepEqual([new Uint8Array(chunks[0]!), value], [hello, hello]);
    for (const { recorder } of host.accepted) recorder.stream.destroy();
    far.destroy();
    await listener.close();
  });

  it("a paused socket and bytes that were put back arrive", { timeout }, async () => {
    const host = new Host();
    const listener = new SocketListener({ id: "own" });
    await listener.open(host);
    // As a program does it that looks at the first bytes to see which protocol it is.
    const tcp = await listening(net.createServer({ pauseOnConnect: true }, (socket) => {
      socket.once("data", (first: Uint8Array) => {
        socket.pause();
        socket.unshift(first);
        listener.accept(socket);
      });
      socket.resume();
    }));
    const client = new Client(await connectTcp(`127.0.0.1:${(tcp.address() as net.AddressInfo).port}`));
    client.send(hello);
    const recorder = await host.stream();
    await recorder.until(({ received }) => received === 2);
    assert.deepEqual(recorder.bytes(), hello);
    client.end();
    await recorder.until(({ closes }) => closes.length === 1);
    tcp.close();
    await listener.close();
  });

  it("text instead of bytes ends the stream", { timeout }, async () => {
    const host = new Host();
    const listener = new SocketListener({ id: "own" });
    await listener.open(host);
    const texts = new Duplex({ readableObjectMode: true, read(): void {}, write: (_b, _e, done) => done() });
    listener.accept(texts);
    const pair = {
      readable: new ReadableStream({ start: (controller) => controller.enqueue("text") }),
      writable: new WritableStream<Uint8Array>(),
    };
    listener.accept(pair);
    texts.push("text");
    for (const { recorder } of host.accepted) {
      await recorder.until(({ closes }) => closes.length > 0);
      assert.match(recorder.closes[0]!.message, /something else than bytes/);
    }
    await listener.close();
  });

  it("closed listener, closed socket, no socket: false or a TypeError", { timeout }, async () => {
    const listener = new SocketListener({ id: "own" });
    const [early, late, gone, reading] = [duplexPair()[0], duplexPair()[0], duplexPair()[0], duplexPair()[0]];
    assert.equal(listener.accept(early), false);
    assert.equal(early.destroyed, true);
    const host = new Host();
    await listener.open(host);
    gone.destroy();
    assert.equal(listener.accept(gone), false);
    for (const nonsense of [{}, null, "socket", { readable: reading }]) {
      assert.throws(() => listener.accept(nonsense as unknown as NodeSocket), TypeError);
    }
    await listener.close();
    const cancelled = Promise.withResolvers<void>();
    const readable = new ReadableStream<Uint8Array>({ cancel: () => cancelled.resolve() });
    assert.equal(listener.accept({ readable, writable: new WritableStream<Uint8Array>() }), false);
    await cancelled.promise;
    assert.equal(listener.accept(late), false);
    assert.equal(late.destroyed, true);
    assert.deepEqual([host.accepted, host.lines], [[], []]);
  });

  it("the port of a server is free again after the close", { timeout }, async () => {
    const tcp = await listening(net.createServer());
    const listener = new SocketListener({ id: "own", source: tcp });
    await listener.open(new Host());
    const port = portOf(listener.address);
    await listener.close();
    const again = net.createServer();
    await new Promise<void>((resolve, reject) =>
      again.once("error", reject).listen(port, "127.0.0.1", resolve)
    );
    again.close();
  });
});
