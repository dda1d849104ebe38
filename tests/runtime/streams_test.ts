/** What every transport owes the broker. */

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { openSockets } from "../../src/runtime/tcp/open_sockets.ts";
import type { Acceptor } from "../../src/runtime/stream.ts";
import type { Client } from "./client.ts";
import { assertBytes, pattern, Recorder, turns } from "./recorder.ts";
import { type Settings, type Transport, transports } from "./transports.ts";

const big = 8 * 1024 * 1024;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Nothing but the peer may end a stream that lingers, unless a test is about that. */
const patient: Settings = { lingerMs: 60_000 };

interface Pair {
  acceptor: Acceptor;
  client: Client;
  server: Recorder;
}

async function withPair(
  transport: Transport,
  settings: Settings,
  run: (pair: Pair) => Promise<void>,
): Promise<void> {
  const accepted: Recorder[] = [];
  const acceptor = await transport.listen((stream) => {
    const recorder = new Recorder(stream);
    accepted.push(recorder);
    return recorder;
  }, settings);
  const client = await transport.connect(acceptor.address);
  try {
    while (accepted.length === 0) await turns(1);
    await run({ acceptor, client, server: accepted[0]! });
  } finally {
    client.reset();
    await acceptor.close();
    for (const { stream } of accepted) stream.destroy();
  }
}

for (const transport of transports) {
  const test = (name: string, run: (pair: Pair) => Promise<void>, settings: Settings = patient): void => {
    it(name, { timeout: 20_000 }, () => withPair(transport, settings, run));
  };

  describe(`stream over ${transport.name}`, () => {
    after(async () => {
      for (let i = 0; openSockets.open > 0 && i < 100; i++) await turns();
      assert.equal(openSockets.open, 0, "sockets are left over");
    });

    test("echo, several times", async ({ client, server }) => {
      server.onData = (bytes) => void server.stream.write(bytes);
      for (const word of ["one", "two", "three"]) {
        client.send(text(word));
        assert.deepEqual(await client.take(word.length), text(word));
      }
    });

    test("the remote address is an address and a port", ({ server }) => {
      const expected = transport.name === "unix" ? /^unix:.+/ : /^127\.0\.0\.1:\d+$/;
      assert.match(server.stream.remoteAddress, expected);
      assert.equal(server.stream.certificate, null);
      return Promise.resolve();
    });

    test("a large write waits for a reader that stalls", async ({ client, server }) => {
      client.pause();
      const bytes = pattern(big);
      assert.equal(server.stream.write(bytes), false);
      await turns();
      assert.equal(server.writtenCalls, 0);
      client.resume();
      await server.until(() => server.writtenCalls > 0);
      assertBytes(await client.take(big), bytes);
      assert.equal(server.writtenCalls, 1);
      const last = text("next");
      server.stream.write(last);
      assert.deepEqual(await client.take(4), last);
    });

    test("a large message arrives in pieces and in order", async ({ client, server }) => {
      const bytes = pattern(big);
      client.send(bytes);
      await server.until(() => server.received >= big);
      assertBytes(server.bytes(), bytes);
    });

    test("pause holds the bytes back, resume lets them come", async ({ client, server }) => {
      server.onData = () => server.stream.pause();
      const bytes = pattern(big);
      client.send(bytes);
      await server.until(() => server.received > 0);
      await turns();
      assert.ok(server.chunks.length <= 2, `${server.chunks.length} pieces came in spite of the pause`);
      server.onData = null;
      server.stream.resume();
      server.stream.resume();
      await server.until(() => server.received >= big);
      assertBytes(server.bytes(), bytes);
    });

    test("the peer closes: closed once, without error", async ({ client, server }) => {
      client.send(text("bye"));
      client.end();
      await server.until(() => server.closes.length > 0);
      await turns();
      assert.equal(server.received, 3);
      assert.deepEqual(server.closes, [null]);
      assert.equal(server.stream.write(text("late")), true);
    });

    test("the peer breaks the connection: closed once", async ({ client, server }) => {
      client.send(text("x"));
      await server.until(() => server.received > 0);
      client.reset();
      await server.until(() => server.closes.length > 0);
      server.stream.destroy();
      server.stream.end();
      await turns();
      assert.equal(server.closes.length, 1);
    });

    test("end sends what is held, then closes", async ({ client, server }) => {
      client.pause();
      const bytes = pattern(big);
      server.stream.write(bytes);
      server.stream.end();
      server.stream.end();
      assert.equal(server.stream.write(text("late")), true);
      await turns();
      assert.deepEqual(server.closes, []);
      client.resume();
      await client.until(() => client.ended || client.closed);
      assert.equal(client.error, null);
      assertBytes(await client.take(big), bytes);
      client.end();
      await server.until(() => server.closes.length > 0);
      assert.deepEqual(server.closes, [null]);
    });

    test("end delivers the last words to a peer that goes on sending", async ({ client, server }) => {
      client.pause();
      client.send(text("first"));
      await server.until(() => server.received > 0);
      client.send(pattern(100_000));
      const words = pattern(2_000_000);
      server.stream.write(words);
      server.stream.end();
      for (let i = 0; i < 50; i++) {
        client.send(pattern(1000));
        await turns(1);
      }
      client.resume();
      assertBytes(await client.take(words.length), words);
      client.end();
      await server.until(() => server.closes.length > 0);
    });

    test("a peer that breaks off after the last words is no fault", async ({ client, server }) => {
      server.stream.end();
      await client.until(() => client.ended || client.closed);
      client.reset();
      await server.until(() => server.closes.length > 0);
      assert.deepEqual(server.closes, [null]);
    });

    test("end waits no longer than the linger time", async ({ client, server }) => {
      client.pause();
      server.stream.write(pattern(big));
      server.stream.end();
      await server.until(() => server.closes.length > 0);
      assert.equal(server.closes.length, 1);
    }, { lingerMs: 50 });

    test("end closes a paused stream as well", async ({ client, server }) => {
      server.stream.pause();
      client.send(text("unread"));
      server.stream.end();
      await client.until(() => client.ended || client.closed);
      client.end();
      await server.until(() => server.closes.length > 0);
      assert.equal(server.closes.length, 1);
    });

    test("destroy closes at once and reports in a later turn", async ({ client, server }) => {
      server.stream.write(pattern(100));
      server.stream.destroy();
      server.stream.destroy();
      assert.deepEqual(server.closes, []);
      await server.until(() => server.closes.length > 0);
      await client.until(() => client.closed || client.ended);
      await turns();
      assert.deepEqual(server.closes, [null]);
    });

    test("an acceptor that is closed leaves its streams open", async ({ acceptor, client, server }) => {
      await acceptor.close();
      await acceptor.close();
      await assert.rejects(transport.connect(acceptor.address));
      client.send(text("still here"));
      await server.until(() => server.received === 10);
    });

    it("a handler that throws costs its own stream only", { timeout: 20_000 }, async () => {
      const faults: string[] = [];
      const streams: Recorder[] = [];
      const acceptor = await transport.listen((stream) => {
        const recorder = new Recorder(stream);
        streams.push(recorder);
        recorder.onData = (bytes) => {
          if (bytes[0] === 33) throw new Error("fault in data");
          stream.write(bytes);
        };
        return recorder;
      }, { onError: (error) => faults.push(error.message) });
      const bad = await transport.connect(acceptor.address);
      const good = await transport.connect(acceptor.address);
      bad.send(text("!"));
      await bad.until(() => bad.ended || bad.closed);
      good.send(text("fine"));
      assert.deepEqual(await good.take(4), text("fine"));
      assert.deepEqual(faults, ["fault in data"]);
      const victim = streams.find(({ received }) => received === 1)!;
      await victim.until(() => victim.closes.length > 0);
      bad.reset();
      good.reset();
      await acceptor.close();
    });

    it("a broker that refuses a stream in accept closes it", { timeout: 20_000 }, async () => {
      const faults: string[] = [];
      const refused: Recorder[] = [];
      const acceptor = await transport.listen((stream) => {
        if (refused.length > 0) throw new Error("fault in accept");
        const recorder = new Recorder(stream);
        refused.push(recorder);
        stream.destroy();
        return recorder;
      }, { onError: (error) => faults.push(error.message) });
      for (let i = 0; i < 2; i++) {
        const client = await transport.connect(acceptor.address);
        await client.until(() => client.ended || client.closed);
        client.reset();
      }
      await refused[0]!.until(({ closes }) => closes.length > 0);
      assert.deepEqual(refused[0]!.closes, [null]);
      assert.deepEqual(faults, ["fault in accept"]);
      await acceptor.close();
    });
  });
}
