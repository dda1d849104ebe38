/** TCP, as strangers can make it hard. */

import assert from "node:assert/strict";
import net from "node:net";
import { describe, it } from "node:test";
import { listenTcp } from "../../src/runtime/tcp.ts";
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
});
