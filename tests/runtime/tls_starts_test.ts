/** TLS handshakes of many that come at once. */

import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import { TlsStarts } from "../../src/runtime/tls/tls_starts.ts";
import { turns } from "./recorder.ts";

class Fake extends EventEmitter {
  readonly remoteAddress: string | undefined;
  destroyed = false;
  constructor(known = true) {
    super();
    this.remoteAddress = known ? "192.0.2.1" : undefined;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

const socket = (fake: Fake): Socket => fake as unknown as Socket;

describe("tls starts", () => {
  it("the first begins at once, many a few at a time and in their order", async () => {
    const begun: Fake[] = [];
    const starts = new TlsStarts((socket) => void begun.push(socket as unknown as Fake));
    const fakes = Array.from({ length: 100 }, () => new Fake());
    for (const fake of fakes) starts.add(socket(fake));
    assert.equal(begun.length, 1);
    const steps: number[] = [];
    for (let before = begun.length; begun.length < fakes.length; before = begun.length) {
      while (begun.length === before) await turns(1);
      steps.push(begun.length - before);
    }
    assert.ok(Math.max(...steps) <= 8, steps.join());
    assert.deepEqual(begun, fakes);
    while (begun.length === fakes.length) {
      starts.add(socket(new Fake()));
      await turns(1);
    }
  });

  it("those that have gone meanwhile do not begin", async () => {
    const begun: Fake[] = [];
    const starts = new TlsStarts((socket) => void begun.push(socket as unknown as Fake));
    const first = new Fake();
    const gone = new Fake(false);
    const closed = new Fake();
    const last = new Fake();
    for (const fake of [first, gone, closed, last]) starts.add(socket(fake));
    closed.destroy();
    while (begun.length < 2) await turns(1);
    assert.deepEqual(begun, [first, last]);
    assert.equal(gone.destroyed, true);
  });
});
