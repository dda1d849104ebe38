/** The end of a turn comes after all sockets that became readable in it. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StreamHandler } from "../../src/runtime/stream.ts";
import { listenTcp } from "../../src/runtime/tcp/tcp.ts";
import { endOfTurn } from "../../src/runtime/turn.ts";
import { Client, connectTcp } from "./client.ts";
import { place } from "./transports.ts";

describe("end of turn", () => {
  it("100 sockets that are readable together make few turns", { timeout: 20_000 }, async () => {
    const count = 100;
    const batches: number[] = [];
    let inTurn = 0;
    let total = 0;
    let accepted = 0;
    let done = (): void => {};
    const all = new Promise<void>((resolve) => done = resolve);
    const handler: StreamHandler = {
      data(): void {
        if (inTurn++ === 0) {
          endOfTurn(() => {
            batches.push(inTurn);
            total += inTurn;
            inTurn = 0;
            if (total === count) done();
          });
        }
      },
      written(): void {},
      closed(): void {},
    };
    let ready = (): void => {};
    const everybodyIn = new Promise<void>((resolve) => ready = resolve);
    const acceptor = await listenTcp(place, () => {
      if (++accepted === count) ready();
      return handler;
    });
    const clients: Client[] = [];
    for (let i = 0; i < count; i++) clients.push(new Client(await connectTcp(acceptor.address)));
    await everybodyIn;
    for (const client of clients) client.send(Uint8Array.of(1));
    await all;
    assert.equal(total, count);
    assert.ok(batches.length <= count / 4, `${count} messages made ${batches.length} turns`);
    for (const client of clients) client.reset();
    await acceptor.close();
  });
});
