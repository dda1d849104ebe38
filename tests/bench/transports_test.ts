/** The load generator over TLS and WebSocket: it has to get everything through, and to notice what goes wrong on the way. */
import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { compileLoad } from "./compile.ts";
import type { Fake, Mistake } from "./fake_broker.ts";
import { frameOf, type Habits, websocketLine } from "./fake_websocket.ts";
import { type LoadArgs, LoadFailure, runLoad } from "./load.ts";
import { changed, compileBeforeTests, loadAgainst, needed, neededForTls, placeFor } from "./load_harness.ts";

compileBeforeTests();

const line = (habits: Habits): NonNullable<Fake["line"]> => (socket: Socket) => websocketLine(socket, habits);

const transports: readonly { name: string; args: LoadArgs; fake: Fake }[] = [
  { name: "tcp", args: {}, fake: {} },
  { name: "tls", args: { tls: 1 }, fake: { tls: "TLSv1.3" } },
  { name: "ws", args: { websocket: 1 }, fake: { line: line({}) } },
  { name: "wss", args: { tls: 1, websocket: 1 }, fake: { tls: "TLSv1.3", line: line({}) } },
];

const echo: Mistake = (packet) => [packet];

function fails(run: Promise<unknown>, failure: RegExp): Promise<void> {
  return assert.rejects(run, (error) => {
    assert.ok(error instanceof LoadFailure);
    assert.match(error.message, failure);
    return true;
  });
}

for (const { name, args, fake } of transports) {
  const options = "tls" in args ? neededForTls : needed;

  test(`${name}: a broker without mistakes passes, and everything is counted`, options, async () => {
    const report = await loadAgainst(echo, { ...args, clients: 10, warmup: 100 }, fake);
    assert.equal(report.value("transport"), name);
    assert.equal(report.number("published"), 10_000);
    assert.equal(report.number("received"), 10_000);
  });

  test(`${name}: more than the socket takes at once arrives`, options, async () => {
    const more = { ...args, clients: 2, messages: 100_000, ahead: 0 };
    assert.equal((await loadAgainst(echo, more, fake)).number("received"), 200_000);
  });

  test(`${name}: a lost message is noticed`, options, async () => {
    const mistake: Mistake = (packet, n) => n === 500 ? [] : [packet];
    await fails(loadAgainst(mistake, args, fake), /No progress for 1 s: 999 of 1000 deliveries/);
  });

  test(`${name}: a changed end of a payload is noticed`, options, async () => {
    const mistake: Mistake = (packet, n) => [n === 500 ? changed(packet, 1) : packet];
    await fails(loadAgainst(mistake, args, fake), /A payload arrived that is not the one that was sent/);
  });

  test(`${name}: connects are made one after the other, and each is ended`, options, async () => {
    const counts = new Map<number, number>();
    const ids = new Set<string>();
    const control = (packet: Uint8Array): void => {
      const type = (packet[0] ?? 0) >> 4;
      counts.set(type, (counts.get(type) ?? 0) + 1);
      if (type === 1) ids.add(new TextDecoder().decode(packet.subarray(14)));
    };
    const more = { ...args, mode: "connects", clients: 3, messages: 20, warmup: 2 };
    const report = await loadAgainst(echo, more, { ...fake, control });
    assert.equal(report.number("connects"), 60);
    assert.ok(report.number("latency_us.p50") > 0);
    assert.equal(counts.get(1), 66);
    assert.equal(counts.get(14), 66);
    assert.equal(ids.size, 66);
  });

  test(`${name}: a broker that closes the connection is noticed`, options, async () => {
    const sockets: Socket[] = [];
    const watched: Fake = {
      ...fake,
      line: (socket) => {
        sockets.push(socket);
        const below = fake.line?.(socket);
        return below ??
          { data: (handler) => socket.on("data", handler), write: (bytes) => socket.write(bytes) };
      },
    };
    const mistake: Mistake = (packet, n) => {
      if (n === 500) { for (const socket of sockets) socket.end(); }
      return n < 500 ? [packet] : [];
    };
    await fails(loadAgainst(mistake, args, watched), /Connection 0 was lost: closed by the broker/);
  });
}

test("tls: a broker that speaks only TLS 1.2 is refused", neededForTls, async () => {
  await fails(loadAgainst(echo, { tls: 1 }, { tls: "TLSv1.2" }), /Connection 0: TLS handshake: .*version/);
});

test("tls: a broker without it is noticed", neededForTls, async () => {
  const greeting: Fake = {
    line: (socket) => {
      socket.write("this is no TLS");
      return { data: () => {}, write: () => {} };
    },
  };
  await fails(loadAgainst(echo, { tls: 1 }, greeting), /Connection 0: TLS handshake: wrong version number/);
});

test("tls: without OpenSSL the program compiles, and says so when TLS is asked for", needed, async () => {
  const place = placeFor("without");
  const compiler = join(place, "cc");
  const real = process.env["CC"] ?? "cc";
  writeFileSync(
    compiler,
    `#!/bin/sh\nfor a; do [ "$a" = -lssl ] && echo "no -lssl" >&2 && exit 1; done\nexec ${real} "$@"\n`,
  );
  chmodSync(compiler, 0o755);
  const program = await compileLoad(place, compiler);
  await fails(runLoad(program, { port: 1, tls: 1 }, []), /compiled without TLS: OpenSSL was not there/);
});

test("ws: it asks for mqtt, and no two frames of it have the same mask", needed, async () => {
  const heads: string[] = [];
  const keys = new Set<number>();
  let frames = 0;
  const habits: Habits = {
    request: (head) => heads.push(head),
    frame: (_opcode, key) => {
      frames++;
      keys.add(key);
    },
  };
  await loadAgainst(echo, { websocket: 1, ahead: 10 }, { line: line(habits) });
  assert.equal(heads.length, 1);
  assert.match(heads[0] ?? "", /^GET \/mqtt HTTP\/1\.1\r\n[^]*Sec-WebSocket-Protocol: mqtt$/);
  assert.ok(frames > 50);
  assert.equal(keys.size, frames);
});

/** Cuts bytes into pieces of one to five. */
function crumbs(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = 1 + pieces.length % 5;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

test("ws: messages, fragments and pings that are cut anywhere are put together", needed, async () => {
  const pongs: string[] = [];
  const habits: Habits = {
    frame: (opcode, _key, payload) => {
      if (opcode === 10) pongs.push(new TextDecoder().decode(payload));
    },
    pieces: (packet) => {
      const cut = 1 + packet.length % 7;
      const frames = [
        frameOf(0x02, packet.subarray(0, cut)),
        frameOf(0x89, new TextEncoder().encode("are you there?")),
        frameOf(0x00, new Uint8Array(0)),
        frameOf(0x80, packet.subarray(cut)),
      ];
      return frames.flatMap(crumbs);
    },
  };
  const more = { websocket: 1, messages: 100, ahead: 3 };
  const report = await loadAgainst(echo, more, { line: line(habits) });
  assert.equal(report.number("received"), 100);
  assert.ok(pongs.length > 10);
  assert.deepEqual([...new Set(pongs)], ["are you there?"]);
});

test("ws: several packets in a frame, and packets over several frames, are taken apart", needed, async () => {
  let held: Uint8Array[] = [];
  const habits: Habits = {
    pieces: (packet) => {
      if (packet[0] !== 0x30) return [frameOf(0x82, packet)];
      held.push(packet);
      if (held.length < 10) return [];
      const bytes = Uint8Array.from(held.flatMap((one) => [...one]));
      held = [];
      return [frameOf(0x82, bytes.subarray(0, 200)), frameOf(0x82, bytes.subarray(200))];
    },
  };
  const report = await loadAgainst(echo, { websocket: 1 }, { line: line(habits) });
  assert.equal(report.number("received"), 1000);
});

const wrong: readonly { what: string; habits: Habits; failure: RegExp }[] = [
  {
    what: "a refused handshake",
    habits: { answer: () => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n" },
    failure: /the broker answered the WebSocket handshake with HTTP\/1\.1 404 Not Found/,
  },
  {
    what: "an answer to another key",
    habits: { answer: (good) => good.replace(/accept: ./, "accept: !") },
    failure: /the broker's Sec-WebSocket-Accept is not s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/,
  },
  {
    what: "a handshake without the subprotocol",
    habits: { answer: (good) => good.replace(/sec-websocket-protocol: mqtt\r\n/, "") },
    failure: /the broker did not choose the WebSocket subprotocol mqtt/,
  },
  {
    what: "another subprotocol",
    habits: { answer: (good) => good.replace(/protocol: mqtt/, "protocol: mqttv3.1") },
    failure: /the broker did not choose the WebSocket subprotocol mqtt/,
  },
  {
    what: "an answer without an end",
    habits: { answer: () => "x".repeat(10_000) },
    failure: /the answer to the WebSocket handshake has no end/,
  },
  {
    what: "a masked frame",
    habits: { pieces: (packet) => [Uint8Array.of(0x82, 0x80 | packet.length, 0, 0, 0, 0), packet] },
    failure: /received a WebSocket frame that begins with 82 84/,
  },
  {
    what: "a text frame",
    habits: { pieces: (packet) => [frameOf(0x81, packet)] },
    failure: /received a WebSocket frame with opcode 1/,
  },
  {
    what: "a fragment of nothing",
    habits: { pieces: (packet) => [frameOf(0x80, packet)] },
    failure: /received a WebSocket frame with opcode 0/,
  },
  {
    what: "a ping that is too long",
    habits: { pieces: () => [frameOf(0x89, new Uint8Array(126))] },
    failure: /received a WebSocket control frame that is too long or cut/,
  },
  {
    what: "a close",
    habits: { pieces: () => [frameOf(0x88, Uint8Array.of(3, 0xea))] },
    failure: /Connection 0 was lost: closed by the broker with WebSocket code 1002/,
  },
];

for (const { what, habits, failure } of wrong) {
  test(`ws: it notices ${what}`, needed, async () => {
    await fails(loadAgainst(echo, { websocket: 1 }, { line: line(habits) }), failure);
  });
}
