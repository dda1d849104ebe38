/** A shared group whose members come and go. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../client/client.ts";
import { bytesOf, subscribe, unsubscribe } from "../client/packets.ts";
import { publish } from "./flow.ts";
import { each, paced } from "./many.ts";
import { type Scenario, withData } from "./scenario.ts";
import { versionOf, type World } from "./world.ts";

const MEMBERS = 1000;
const FILTER = "$share/g/sh/#";
/** That leave or join in a second. */
const CHANGES = 500;

class Group {
  readonly #world: World;
  readonly #members: (Client | null)[] = Array(MEMBERS).fill(null);
  /** How often each number came. */
  readonly came: Map<number, number> = new Map();
  #joined = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async join(i: number): Promise<void> {
    const version = versionOf(i);
    const client = await this.#world.tried(`member-${i}-${this.#joined++}`, { version });
    if (client === null) return;
    client.onMessage = (payload): void => {
      const number = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
      this.came.set(number, (this.came.get(number) ?? 0) + 1);
    };
    client.send(bytesOf(version, subscribe(1, 1, FILTER)));
    this.#members[i] = client;
  }

  /** One of them breaks off, or leaves the group and joins it again. */
  change(k: number, abrupt: boolean): void {
    const i = Math.floor(Math.random() * MEMBERS);
    const client = this.#members[i];
    if (client === null || client === undefined) return;
    if (abrupt) {
      this.#members[i] = null;
      client.reset();
      void this.join(i);
      return;
    }
    client.send(bytesOf(client.version, unsubscribe(2, FILTER)));
    const back = (): void => client.send(bytesOf(client.version, subscribe(3, 1, FILTER)));
    if (k % 2 === 0) back();
    else void sleep(50).then(back);
  }

  close(): void {
    for (const client of this.#members) client?.close();
  }
}

function share(abrupt: boolean): Scenario["run"] {
  return async (world) => {
    const group = new Group(world);
    await each(MEMBERS, 50, (i) => group.join(i));
    await sleep(500);
    const until = world.deadline();
    const changing = paced(CHANGES, until, (k) => group.change(k, abrupt));
    const publisher = await world.client("share-publisher");
    const acknowledged = await publish(publisher, {
      count: 60_000,
      window: 1000,
      rate: 5000,
      until,
      message: (i) => ["sh/x", numbered(i)],
    });
    const changes = await changing;
    await sleep(2000);
    let lost = 0;
    let again = 0;
    for (let i = 0; i < acknowledged; i++) {
      const count = group.came.get(i) ?? 0;
      if (count === 0) lost++;
      else again += count - 1;
    }
    world.note(`${acknowledged} messages, ${changes} changes, ${lost} came to nobody, ${again} came twice`);
    // (Those on their way to a member that breaks off are lost with its session, which is a clean one.)
    if (!abrupt) world.fact("messages that came to no member", lost);
    group.close();
    publisher.close();
  };
}

function numbered(i: number): Uint8Array {
  const payload = new Uint8Array(16);
  new DataView(payload.buffer).setUint32(0, i);
  return payload;
}

const shared: Scenario = {
  name: "7shared",
  does: "5,000 messages/s to a shared group of 1,000, of which 500 a second leave and join again",
  seconds: 12,
  run: share(false),
};

export const sharing: readonly Scenario[] = [
  shared,
  withData(shared),
  {
    ...shared,
    name: "7abrupt",
    does: "the same where they break off and come as somebody else",
    run: share(true),
  },
];
