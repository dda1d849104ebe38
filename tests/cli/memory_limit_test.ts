/** The program under a flood of QoS 1 for clients that are away, with a memory limit. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { encode } from "../../src/packets/encode.ts";
import { Writer } from "../../src/packets/wire.ts";
import { publishPacket, type TestClient } from "../harness/client.ts";
import { Program } from "../harness/program.ts";
import { socketClient } from "../harness/socket_client.ts";

const MIB = 1 << 20;
const LIMIT = 320 * MIB;
/** What may come between two looks, and what it costs to look. */
const MARGIN = 32 * MIB;
const SESSIONS = 60;
const PAYLOAD = new Uint8Array(8192).fill(65);
/** Ten seconds of it are patience. */
const ROOM_MS = 40_000;
const OPEN = 100;

const needsProc = process.platform === "linux" ? {} : { skip: "skipped: needs /proc" };

function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024;
}

async function figures(program: Program): Promise<Record<string, Record<string, unknown>>> {
  return await (await fetch(`http://${program.address("http")}/`)).json();
}

async function session(port: number, clientId: string): Promise<TestClient> {
  const client = await socketClient(port);
  const ack = await client.connect({
    clientId,
    cleanStart: false,
    properties: { sessionExpiryInterval: 3600 },
  });
  assert.equal(ack.reasonCode, 0);
  return client;
}

/** Publishes to one topic after the other until so many were refused; how many were taken. */
async function flood(client: TestClient, refusals: number, watch: () => void): Promise<number> {
  const topics = Array.from({ length: SESSIONS }, (_, i) => {
    const writer = new Writer();
    encode(writer, publishPacket(`t/${i}`, PAYLOAD, { qos: 1, packetId: 0x4141 }), 5);
    const bytes = writer.view().slice();
    return { bytes, idAt: bytes.findIndex((byte, at) => byte === 0x41 && bytes[at + 1] === 0x41) };
  });
  let sent = 0;
  let taken = 0;
  let refused = 0;
  const send = (): void => {
    const { bytes, idAt } = topics[sent % SESSIONS]!;
    const id = (sent++ % OPEN) + 1;
    bytes[idAt] = id >> 8;
    bytes[idAt + 1] = id & 255;
    client.sendBytes(bytes.slice());
  };
  for (let i = 0; i < OPEN; i++) send();
  while (refused < refusals) {
    const { reasonCode } = await client.expect(4);
    if (reasonCode === 0x97) refused++;
    else {
      assert.equal(reasonCode, 0);
      taken++;
    }
    if ((taken + refused) % 200 === 0) watch();
    // (Who is refused pauses: the rest of the flood is not about how fast that goes.)
    if (reasonCode === 0x97) await new Promise((done) => setTimeout(done, 1));
    send();
  }
  for (let i = 0; i < OPEN; i++) await client.expect(4);
  return taken;
}

/** Waits until nothing is refused any more. */
async function room(program: Program): Promise<void> {
  const end = Date.now() + ROOM_MS;
  while ((await figures(program)).memory!.state !== "normal") {
    if (Date.now() > end) throw new Error(`No room after ${ROOM_MS} ms: ${program.errors}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

test(
  "memory limit: a flood of QoS 1 for clients that are away stays below it, and it recovers",
  needsProc,
  async () => {
    const settings = { COMQTT_LIMITS_MEMORY: String(LIMIT), COMQTT_LIMITS_QUEUED_MESSAGES: "1000000" };
    await using program = await Program.start(
      ["--log-level", "warn", "--tcp", "127.0.0.1:0", "--ws", "off", "--http", "127.0.0.1:0"],
      { variables: settings },
    );
    const port = program.port("tcp");
    for (let i = 0; i < SESSIONS; i++) {
      const client = await session(port, `away-${i}`);
      await client.subscribe(`t/${i}`, 1);
      await client.lose();
    }
    let most = 0;
    const watch = (): void => void (most = Math.max(most, residentOf(program.pid)));
    const publisher = await session(port, "publisher");
    const taken = await flood(publisher, 2000, watch);
    watch();
    assert.ok(taken * PAYLOAD.length > 50 * MIB, `only ${taken} messages fitted`);
    assert.ok(most < LIMIT + MARGIN, `it took ${Math.round(most / MIB)} MiB`);
    const { memory, refused } = await figures(program);
    assert.equal(memory!.limit, LIMIT);
    assert.notEqual(memory!.state, "normal");
    assert.ok((refused!.memory as number) >= 2000);
    assert.match(program.errors, /warn Memory is short.*code=memory-high/);
    const late = await socketClient(port);
    assert.equal((await late.connect()).reasonCode, 0x97);

    // What waits makes room, though nobody comes for it.
    await room(program);
    const again = await socketClient(port);
    assert.equal((await again.connect()).reasonCode, 0);
    assert.equal(await again.published("t/0", "x", { qos: 1 }), 0);
    const { dropped } = await figures(program);
    assert.ok((dropped!.memory as number) > 0);
    const back = await session(port, "away-0");
    const { text } = await back.message();
    assert.equal(text.length, PAYLOAD.length);
  },
);
