/** A closed server leaves nothing that keeps the process alive. */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { clearTimeout, setTimeout } from "node:timers";
import { fileURLToPath } from "node:url";
import { runtimeName } from "../../src/runtime/process.ts";
import { openSocket, socketClient } from "../harness/socket_client.ts";

const script = fileURLToPath(new URL("./embedding.ts", import.meta.url));
/** Closing may take five seconds; then the process has to end by itself. */
const END_MS = 6000;

class Embedding implements AsyncDisposable {
  output = "";
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  #wake: () => void = () => {};

  constructor(...args: string[]) {
    const command = runtimeName === "deno" ? ["run", "-A", script] : [script];
    this.child = spawn(process.execPath, [...command, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    this.child.stdout!.on("data", (bytes: Uint8Array) => {
      this.output += new TextDecoder().decode(bytes);
      this.#wake();
    });
    this.ended = new Promise((resolve) => this.child.once("close", resolve));
  }

  /** The ports by the ids of the listeners. */
  async ports(): Promise<Record<string, number>> {
    while (!this.output.includes("\n")) await new Promise<void>((resolve) => this.#wake = resolve);
    const addresses = Object.entries(JSON.parse(this.output.split("\n")[0]!) as Record<string, string>);
    return Object.fromEntries(addresses.map(([id, address]) => [id, Number(address.split(":").at(-1))]));
  }

  /** Tells it to close its server; fails when something keeps it alive. */
  async closes(): Promise<void> {
    this.child.stdin!.write("close\n");
    const late = setTimeout(() => process.kill(this.child.pid!, "SIGKILL"), END_MS);
    const code = await this.ended;
    clearTimeout(late);
    assert.equal(code, 0, `it did not end by itself; it said: ${this.output}`);
    assert.match(this.output, /\nclosed\n$/);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      process.kill(this.child.pid!, "SIGKILL");
    }
    await this.ended;
  }
}

test("exit: without clients nothing is left", async () => {
  await using embedding = new Embedding();
  await embedding.ports();
  await embedding.closes();
});

test("exit: with clients of MQTT and HTTP nothing is left", async () => {
  await using embedding = new Embedding();
  const { tcp, http } = await embedding.ports();
  const client = await socketClient(tcp!);
  await client.connect({ keepAlive: 60 });
  await client.published("a", "b", { qos: 1, retain: true });
  await client.subscribe("#", 1);
  assert.equal((await client.message()).text, "b");
  assert.equal(await (await fetch(`http://127.0.0.1:${http}/`)).text(), "hello");
  await embedding.closes();
});

test("exit: with streams of the program's own that nobody reads nothing is left", async () => {
  await using embedding = new Embedding("stalled");
  await embedding.ports();
  await embedding.closes();
});

const ids = ["tcp", "tls", "ws", "wss", "http", "https", "health", "stats", "net", "secure"];
if (runtimeName === "deno") ids.push("deno");

for (const id of ids) {
  test(`exit: with a client that connected and said nothing nothing is left, ${id}`, async () => {
    await using embedding = new Embedding();
    const ports = await embedding.ports();
    const socket = await openSocket(ports[id]!);
    // So that the server has accepted it for sure.
    socket.write(Uint8Array.of(firstByte(id)));
    await embedding.closes();
    socket.destroy();
  });
}

/** What a client says first, of which the rest never comes. */
function firstByte(id: string): number {
  if (["tls", "wss", "https", "stats", "secure"].includes(id)) return 0x16;
  return ["ws", "http", "health"].includes(id) ? 0x47 : 0x10;
}
