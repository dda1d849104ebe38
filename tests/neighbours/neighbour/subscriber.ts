/** Receives what the neighbours publish; its session outlives a lost connection. */

import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "../client/client.ts";
import { bytesOf, subscribe } from "../client/packets.ts";
import type { Neighbourhood } from "./neighbourhood.ts";

/** Until it tries again, in milliseconds. */
const AGAIN_MS = 200;

export class Subscriber {
  readonly #around: Neighbourhood;
  readonly #version: 4 | 5;

  constructor(around: Neighbourhood, version: 4 | 5) {
    this.#around = around;
    this.#version = version;
  }

  /** Resolves when it is subscribed for the first time; it goes on. */
  async start(): Promise<void> {
    await this.#connect();
  }

  async #connect(): Promise<void> {
    const { around, version } = { around: this.#around, version: this.#version };
    for (;;) {
      try {
        const client = await Client.open(`neighbour-sub-${version}`, {
          ...around.home(version),
          version,
          clean: false,
          expiry: 600,
        });
        client.onMessage = (payload): void => around.came(payload);
        client.onEnd = (): void => {
          around.lost(`subscriber ${version}`, client);
          if (!around.over) void this.#connect();
        };
        client.send(bytesOf(version, subscribe(1, 1, `nb/${version}/+`)));
        if (await client.answered(9)) return;
        throw new Error("no SUBACK");
      } catch (error) {
        if (around.over) return;
        around.note(`subscriber ${version}: ${error instanceof Error ? error.message : String(error)}`);
        await sleep(AGAIN_MS);
      }
    }
  }
}
