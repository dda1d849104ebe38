import assert from "node:assert/strict";
import net from "node:net";
import process from "node:process";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AllowAll, Server, TcpListener } from "../../../mod.ts";
import { until } from "../../harness/time.ts";
import { Neighbourhood } from "./neighbourhood.ts";

// (Elsewhere a machine has one address of its own only.)
const skip = process.platform === "linux" ? false : "skipped: needs Linux";
const STALL_MS = 400;

/** A broker, and a way to it on which nothing moves for a while. */
class Road implements AsyncDisposable {
  readonly #server: Server = new Server({ sysTopicInterval: 0 });
  readonly #sockets: Set<net.Socket> = new Set();
  readonly #gate: net.Server;
  port = 0;

  constructor() {
    this.#gate = net.createServer();
  }

  async open(): Promise<void> {
    await this.#server.addHook(new AllowAll());
    const tcp = new TcpListener({ id: "tcp", address: "127.0.0.1:0" });
    await this.#server.addListener(tcp);
    await this.#server.serve();
    const port = Number(tcp.address.split(":")[1]);
    this.#gate.on("connection", (from) => {
      const to = net.connect({ port, host: "127.0.0.1", noDelay: true });
      for (const [one, other] of [[from, to], [to, from]] as const) {
        this.#sockets.add(one);
        one.on("data", (bytes) => other.write(bytes));
        one.on("error", () => other.destroy());
        one.on("close", () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => this.#gate.listen(0, "127.0.0.1", resolve));
    this.port = (this.#gate.address() as net.AddressInfo).port;
  }

  async stall(milliseconds: number): Promise<void> {
    for (const socket of this.#sockets) socket.pause();
    await sleep(milliseconds);
    for (const socket of this.#sockets) socket.resume();
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#gate.close();
    this.cut();
    await this.#server.close();
  }
}

async function arrived({ ledger }: Neighbourhood): Promise<void> {
  await until(() => ledger.missing(1) === 0, "the messages of QoS 1");
}

test(
  "neighbours: a broker that serves nobody for a while is seen, and nothing is lost",
  { skip },
  async () => {
    await using road = new Road();
    await road.open();
    const neighbours = new Neighbourhood(road.port);
    await neighbours.start();
    await sleep(200);
    neighbours.begin("during");
    await road.stall(STALL_MS);
    neighbours.begin("after");
    await sleep(100);
    neighbours.finishing = true;
    await arrived(neighbours);
    const { during, newcomers, events } = await neighbours.figures();
    neighbours.over = true;
    assert.ok(during.max >= STALL_MS - 50, `${during.max} ms`);
    assert.ok(during.count >= 4 * (STALL_MS / 20 - 2), `${during.count} messages`);
    assert.equal(during.lost1, 0);
    assert.equal(newcomers.count, 1);
    assert.deepEqual(events, []);
  },
);

test("neighbours: who is cut off comes back, and is seen to have been", { skip }, async () => {
  await using road = new Road();
  await road.open();
  const neighbours = new Neighbourhood(road.port);
  await neighbours.start();
  neighbours.begin("during");
  road.cut();
  await sleep(500);
  neighbours.finishing = true;
  await arrived(neighbours);
  const { events, during } = await neighbours.figures();
  neighbours.over = true;
  assert.equal(events.filter((event) => event.endsWith("lost its connection")).length, 6);
  assert.equal(during.lost1, 0);
});
