/** TCP, as strangers can make it hard. */

import assert from "node:assert/strict";
import net from "node:net";
import { describe, it } from "node:test";
import { runtimeName } from "../../src/runtime/process.ts";
import { listenTcp } from "../../src/runtime/tcp/tcp.ts";
import { until } from "../harness/time.ts";
import { Client, connectTcp, portOf } from "./client.ts";
import { Recorder, turns } from "./recorder.ts";
import { place } from "./transports.ts";

describe("tcp", () => {
  it(
    "peers that break off before they are accepted are no fault and hold nobody up",
    { timeout: 20_000 },
    async () => {
      const faults: string[] = [];
      const accepted: Recorder[] = [];
      const acceptor = await listenTcp(
        { ...place, onError: (error) => faults.push(error.message) },
        (stream) => {
          const recorder = new Recorder(stream);
          recorder.onData = (bytes) => void stream.write(bytes);
          accepted.push(recorder);
          return recorder;
        },
      );
      for (let i = 0; i < 200; i++) {
        const socket = net.connect(portOf(acceptor.address), "127.0.0.1");
        socket.on("error", () => {});
        socket.on("connect", () => socket.resetAndDestroy());
        if (i % 50 === 0) await turns(5);
      }
      const client = new Client(await connectTcp(acceptor.address));
      client.send(Uint8Array.of(42));
      assert.deepEqual(await client.take(1), Uint8Array.of(42));
      client.reset();
      for (const recorder of accepted) await recorder.until(({ closes }) => closes.length > 0);
      assert.ok(accepted.every(({ closes }) => closes.length === 1));
      assert.deepEqual(faults, []);
      await acceptor.close();
    },
  );

  // Bun hands out memory of its own: there is nothing to share.
  if (runtimeName === "deno") {
    it("no two reads wait in one piece of memory, though a handler ends its stream while it is given data", async () => {
      let given = 0;
      const acceptor = await listenTcp({ ...place }, (stream) => {
        const recorder = new Recorder(stream);
        recorder.onData = (): void => {
          if (++given === 2) stream.end();
        };
        return recorder;
      });
      // It keeps its side open: the read after the end goes on waiting.
      const first = net.connect({ port: portOf(acceptor.address), host: "127.0.0.1", allowHalfOpen: true });
      const watch = watchReads(Object.getPrototypeOf(await denoConnection(acceptor.address)) as object);
      const sent = async (socket: net.Socket, bytes: number, count: number): Promise<void> => {
        socket.write(new Uint8Array(bytes));
        await until(() => given >= count, "data");
      };
      // As much as the small memory holds: the next read borrows a large one.
      await sent(first, 512, 1);
      await sent(first, 100, 2);
      const second = await connectTcp(acceptor.address);
      await sent(second, 512, 3);
      await sent(second, 512, 4);
      watch.stop();
      assert.equal(watch.shared, 0);
      first.destroy();
      second.destroy();
      await acceptor.close();
    });
  }
});

interface Reading {
  read(bytes: Uint8Array): Promise<number | null>;
}

/** Any connection of Deno's: only its class is wanted. */
async function denoConnection(address: string): Promise<object> {
  const { Deno } = globalThis as unknown as {
    Deno: { connect(to: { port: number }): Promise<{ close(): void }> };
  };
  const connection = await Deno.connect({ port: portOf(address) });
  connection.close();
  return connection;
}

/** Counts the reads that are begun into memory in which another one waits. */
function watchReads(prototype: object): { readonly shared: number; stop(): void } {
  let owner = prototype;
  while (!Object.hasOwn(owner, "read")) owner = Object.getPrototypeOf(owner) as object;
  const reading = owner as Reading;
  const original = reading.read;
  const waiting = new Set<Uint8Array>();
  let shared = 0;
  reading.read = function (bytes: Uint8Array): Promise<number | null> {
    if (waiting.has(bytes)) shared++;
    waiting.add(bytes);
    return original.call(this, bytes).finally(() => waiting.delete(bytes));
  };
  return {
    get shared(): number {
      return shared;
    },
    stop(): void {
      reading.read = original;
    },
  };
}
