/** MQTT over WebSocket, as strangers see it. */

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { openSockets } from "../../src/runtime/tcp/open_sockets.ts";
import { ownHandshakes } from "../../src/runtime/pending_handshakes.ts";
import type { Acceptor } from "../../src/runtime/stream.ts";
import { listenWebSocket, type WebSocketOptions } from "../../src/runtime/websocket/websocket.ts";
import { Client, connectTcp, connectTls } from "./client.ts";
import { concat, pattern, Recorder, turns } from "./recorder.ts";
import { fixture, place, serverPair } from "./transports.ts";
import { clientFrame, upgradeRequest, WebSocketClient } from "./websocket_client.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const timeout = 20_000;

after(async () => {
  for (let i = 0; openSockets.open > 0 && i < 100; i++) await turns();
  assert.equal(openSockets.open, 0, "sockets are left over");
});

interface Server {
  acceptor: Acceptor;
  accepted: Recorder[];
}

async function serve(
  options: Partial<WebSocketOptions>,
  run: (server: Server) => Promise<void>,
): Promise<void> {
  const accepted: Recorder[] = [];
  const acceptor = await listenWebSocket({ ...place, maxMessageBytes: 100_000, ...options }, (stream) => {
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

async function open(server: Server, request?: string): Promise<WebSocketClient> {
  return await WebSocketClient.open(await connectTcp(server.acceptor.address), request);
}

describe("websocket: handshake", () => {
  const protocols: [string, string, string | null][] = [
    ["mqtt", "mqtt", "mqtt"],
    ["mqttv3.1", "mqttv3.1", "mqttv3.1"],
    ["mqtt before mqttv3.1", "mqttv3.1, chat, mqtt", "mqtt"],
    ["none of ours", "chat", null],
  ];
  for (const [name, offered, chosen] of protocols) {
    it(`subprotocol ${name} [MQTT-6.0.0-3] [MQTT-6.0.0-4]`, { timeout }, () =>
      serve({}, async (server) => {
        const client = await open(server, upgradeRequest("/", [`Sec-WebSocket-Protocol: ${offered}`]));
        const answered = /^Sec-WebSocket-Protocol: (.*)$/mi.exec(client.head)?.[1]?.trim() ?? null;
        assert.equal(answered, chosen);
        assert.match(client.head, chosen === null ? /^HTTP\/1.1 400 / : /^HTTP\/1.1 101 /);
        assert.equal(server.accepted.length, chosen === null ? 0 : 1);
        client.reset();
      }));
  }

  it("no subprotocol: refused, or taken when the listener says so", { timeout }, async () => {
    await serve({}, async (server) => {
      const client = await open(server, upgradeRequest("/", []));
      assert.match(client.head, /^HTTP\/1.1 400 /);
      client.reset();
    });
    await serve({ requireSubprotocol: false }, async (server) => {
      const client = await open(server, upgradeRequest("/", []));
      assert.match(client.head, /^HTTP\/1.1 101 /);
      assert.doesNotMatch(client.head, /Protocol:/i);
      client.reset();
    });
  });

  it("the accept key is the one of RFC 6455", { timeout }, () =>
    serve({}, async (server) => {
      const client = await open(server);
      assert.match(client.head, /^Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r$/m);
      client.reset();
    }));

  it("only the configured path", { timeout }, () =>
    serve({ paths: ["/mqtt"] }, async (server) => {
      const right = await open(server, upgradeRequest("/mqtt?token=1"));
      const wrong = await open(server, upgradeRequest("/other"));
      assert.match(right.head, /^HTTP\/1.1 101 /);
      assert.match(wrong.head, /^HTTP\/1.1 404 /);
      right.reset();
      wrong.reset();
    }));

  const refused: [string, string, RegExp][] = [
    ["a plain request", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", /^HTTP\/1.1 426 /],
    ["another WebSocket version", upgradeRequest().replace(": 13", ": 8"), /^HTTP\/1.1 426 /],
    ["a missing key", upgradeRequest().replace("Sec-WebSocket-Key", "X-Key"), /^HTTP\/1.1 400 /],
    ["a post", upgradeRequest().replace("GET", "POST"), /^HTTP\/1.1 405 /],
    ["an old version of HTTP", "GET / HTTP/1.0\r\n\r\n", /^HTTP\/1.1 400 /],
    ["what is no HTTP", "\x10\x0e\0\x04MQTT\x04\r\n\r\n", /^HTTP\/1.1 400 /],
    ["a folded header", upgradeRequest("/", ["A: b", " c"]), /^HTTP\/1.1 400 /],
    ["a head without end", "GET / HTTP/1.1\r\nX: " + "y".repeat(20_000), /^HTTP\/1.1 431 /],
  ];
  for (const [name, request, expected] of refused) {
    it(`${name} is refused with a text`, { timeout }, () =>
      serve({}, async (server) => {
        const client = await open(server, request);
        await client.until(() => client.ended || client.closed);
        assert.match(client.head, expected);
        assert.match(client.body(), /^[A-Z].*[^.]\n$/);
        assert.equal(server.accepted.length, 0);
        client.end();
      }));
  }

  it(
    "a request that comes in single bytes, with MQTT right behind it",
    { timeout },
    () =>
      serve({}, async (server) => {
        const socket = await connectTcp(server.acceptor.address);
        const client = new WebSocketClient(socket);
        const request = text(upgradeRequest());
        for (let i = 0; i < request.length - 1; i++) {
          socket.write(request.subarray(i, i + 1));
          if (i % 20 === 0) await turns(1);
        }
        socket.write(concat([request.subarray(-1), clientFrame(2, text("hello"))]));
        await client.until(() => client.head !== "");
        await server.accepted[0]!.until(({ received }) => received === 5);
        client.reset();
      }),
  );

  it(
    "who sends no request, or not all of it, is closed",
    { timeout },
    () =>
      serve({ handshakeMs: 50 }, async (server) => {
        const silent = new Client(await connectTcp(server.acceptor.address));
        const slow = new Client(await connectTcp(server.acceptor.address));
        slow.send(text("GET / HTTP/1.1\r\n"));
        await silent.until(() => silent.ended || silent.closed);
        await slow.until(() => slow.ended || slow.closed);
        assert.equal(server.accepted.length, 0);
      }),
  );

  it(
    "a request that came while the process stood still is answered, not timed out",
    { timeout },
    () =>
      serve({ handshakeMs: 200 }, async (server) => {
        const clients = await Promise.all(
          Array.from(
            { length: 20 },
            async () => new WebSocketClient(await connectTcp(server.acceptor.address)),
          ),
        );
        for (const { socket } of clients) socket.write("GET /mqtt HTTP/1.1\r\n");
        await turns(3);
        for (const { socket } of clients) {
          socket.write(upgradeRequest().slice("GET /mqtt HTTP/1.1\r\n".length));
        }
        for (const end = performance.now() + 600; performance.now() < end;);
        for (const client of clients) {
          await client.until(() => client.head !== "" || client.ended || client.closed);
          assert.match(client.head, /^HTTP\/1.1 101 /);
          client.reset();
        }
      }),
  );

  it(
    "who keeps all handshakes half open keeps nobody out: the oldest makes room",
    { timeout },
    () =>
      serve({ beginHandshake: ownHandshakes(2) }, async (server) => {
        const first = new Client(await connectTcp(server.acceptor.address));
        const second = new WebSocketClient(await connectTcp(server.acceptor.address));
        second.socket.write("GET /mqtt HTTP/1.1\r\n");
        const third = await open(server);
        assert.match(third.head, /^HTTP\/1.1 101 /);
        await first.until(() => first.ended || first.closed);
        second.socket.write(upgradeRequest().slice("GET /mqtt HTTP/1.1\r\n".length));
        await second.until(() => second.head !== "" || second.closed);
        assert.match(second.head, /^HTTP\/1.1 101 /);
        for (const client of [second, third]) client.reset();
      }),
  );
});

describe("websocket: frames", () => {
  it("frames are a stream of bytes [MQTT-6.0.0-2]", { timeout }, () =>
    serve({}, async (server) => {
      const client = await open(server);
      const recorder = server.accepted[0]!;
      client.socket.write(concat([
        clientFrame(2, text("ab"), { final: false }),
        clientFrame(9, text("?")),
        clientFrame(0, text("cd")),
        clientFrame(2, text("ef")),
      ]));
      await recorder.until(({ received }) => received === 6);
      assert.deepEqual(recorder.bytes(), text("abcdef"));
      await client.until(() => client.frames.length > 0);
      assert.deepEqual(client.frames, [{ opcode: 10, payload: text("?") }]);
      client.reset();
    }));

  it("each write is one binary frame [MQTT-6.0.0-1]", { timeout }, () =>
    serve({}, async (server) => {
      const client = await open(server);
      const { stream } = server.accepted[0]!;
      const sizes = [1, 125, 126, 65535, 65536];
      for (const size of sizes) {
        const before = server.accepted[0]!.writtenCalls;
        if (!stream.write(pattern(size))) await server.accepted[0]!.until((it) => it.writtenCalls > before);
      }
      await client.until(() => client.frames.length === sizes.length);
      assert.deepEqual(
        client.frames.map(({ opcode, payload }) => [opcode, payload.length]),
        sizes.map((n) => [2, n]),
      );
      client.reset();
    }));

  const wrong: [string, Uint8Array, number][] = [
    ["a text frame", clientFrame(1, text("x")), 1003],
    ["an unmasked frame", clientFrame(2, text("x"), { masked: false }), 1002],
    ["a message over the limit, before it is sent", clientFrame(2, text("x"), { announced: 100_001 }), 1009],
  ];
  for (const [name, bytes, code] of wrong) {
    it(`${name} closes with ${code}`, { timeout }, () =>
      serve({}, async (server) => {
        const client = await open(server);
        client.socket.write(bytes);
        await client.until(() => client.ended || client.closed);
        assert.equal(client.closeCode, code);
        client.end();
        const recorder = server.accepted[0]!;
        await recorder.until(({ closes }) => closes.length > 0);
        assert.match(recorder.closes[0]?.message ?? "", /^WebSocket /);
        assert.deepEqual([recorder.closes.length, recorder.received], [1, 0]);
      }));
  }

  it(
    "a close frame is answered with its code and ends the stream in order",
    { timeout },
    () =>
      serve({}, async (server) => {
        const client = await open(server);
        client.socket.write(clientFrame(8, Uint8Array.of(0x03, 0xE9)));
        await client.until(() => client.ended || client.closed);
        assert.equal(client.closeCode, 1001);
        client.end();
        const recorder = server.accepted[0]!;
        await recorder.until(({ closes }) => closes.length > 0);
        assert.deepEqual(recorder.closes, [null]);
      }),
  );

  it("end says 1000", { timeout }, () =>
    serve({}, async (server) => {
      const client = await open(server);
      server.accepted[0]!.stream.end();
      await client.until(() => client.ended || client.closed);
      assert.equal(client.closeCode, 1000);
      client.end();
    }));

  it(
    "pings of a peer that reads nothing cost no memory; the newest is answered",
    { timeout },
    () =>
      serve({}, async (server) => {
        const client = await open(server);
        const recorder = server.accepted[0]!;
        client.pause();
        assert.equal(recorder.stream.write(pattern(8_000_000)), false);
        for (let i = 0; i < 1000; i++) client.socket.write(clientFrame(9, Uint8Array.of(i >> 8, i & 0xFF)));
        client.send(text("."));
        await recorder.until(({ received }) => received === 1);
        client.resume();
        const last = Uint8Array.of(999 >> 8, 999 & 0xFF);
        await client.until(() =>
          client.frames.some(({ payload }) => concat([payload]).join() === last.join())
        );
        assert.ok(client.frames.length < 10);
        await recorder.until(({ writtenCalls }) => writtenCalls === 1);
        client.reset();
      }),
  );

  it("the runtime's own client gets on with it", { timeout }, () =>
    serve({}, async (server) => {
      const socket = new WebSocket(`ws://${server.acceptor.address}/mqtt`, ["mqtt"]);
      socket.binaryType = "arraybuffer";
      await new Promise((resolve) => socket.addEventListener("open", resolve));
      assert.equal(socket.protocol, "mqtt");
      const recorder = server.accepted[0]!;
      recorder.onData = (bytes) => void recorder.stream.write(bytes);
      const answer = new Promise<MessageEvent>((resolve) => socket.addEventListener("message", resolve));
      socket.send(pattern(70_000).buffer as ArrayBuffer);
      assert.ok((await answer).data instanceof ArrayBuffer);
      const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
      recorder.stream.end();
      const { code, wasClean } = await closed;
      assert.deepEqual([code, wasClean], [1000, true]);
    }));
});

describe("websocket: TLS", () => {
  it("the client's certificate comes through", { timeout }, () =>
    serve({
      tls: { ...serverPair, ca: fixture("authority.crt"), requireClientCert: true },
    }, async (server) => {
      const socket = await connectTls(server.acceptor.address, {
        ca: fixture("authority.crt"),
        cert: fixture("device.crt"),
        key: fixture("device.key"),
      });
      const client = await WebSocketClient.open(socket);
      assert.match(client.head, /^HTTP\/1.1 101 /);
      assert.equal(server.accepted[0]!.stream.certificate?.commonName, "device-1");
      client.reset();
    }));
});
