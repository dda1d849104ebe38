/** The listeners of a running server become those of another configuration. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import {
  type AppliedListeners,
  applyListeners,
  type WantedListeners,
} from "../../src/cli/apply_listeners.ts";
import { makeListener } from "../../src/cli/listeners.ts";
import type { ListenerSetting, Protocol } from "../../src/config/configuration.ts";
import { Server } from "../../src/server/server.ts";
import type { TestClient } from "../harness/client.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { socketClient } from "../harness/socket_client.ts";
import { connectTls } from "../runtime/client.ts";
import { fixture } from "../runtime/transports.ts";

const timeout = 30_000;

/** Ports that nobody has just now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => net.createServer());
  await Promise.all(
    servers.map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done))),
  );
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.close(() => done()))));
  return ports;
}

function setting(id: string, port: number, more: Partial<ListenerSetting> = {}): ListenerSetting {
  return { protocol: "tcp" as Protocol, id, address: `127.0.0.1:${port}`, origin: "a.yml:1:1", ...more };
}

class Bench implements AsyncDisposable {
  readonly server: Server = new Server({ log: null });
  inForce: readonly ListenerSetting[] = [];

  static async with(...settings: ListenerSetting[]): Promise<Bench> {
    const bench = new Bench();
    bench.server.addHook(new AllowAll());
    await bench.server.serve();
    const applied = await bench.apply(settings);
    assert.deepEqual(summary(applied), { added: settings.map(({ id }) => id) });
    return bench;
  }

  async apply(
    wanted: readonly ListenerSetting[],
    more: Partial<WantedListeners> = {},
  ): Promise<AppliedListeners> {
    const make = (one: ListenerSetting) => makeListener(one, () => new Response("fetched"));
    const applied = await applyListeners(this.server, { wanted, inForce: this.inForce, make, ...more });
    this.inForce = applied.inForce;
    assert.deepEqual(
      this.inForce.map(({ id }) => id).toSorted(),
      this.server.listeners.map(({ id }) => id).toSorted(),
    );
    return applied;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
  }
}

/** Ids; what is empty is left out. */
function summary({ added, changed, removed, kept, failed }: AppliedListeners): object {
  const ids = (settings: readonly ListenerSetting[]): string[] => settings.map(({ id }) => id);
  const all = {
    added: ids(added),
    changed: changed.map(({ setting, how }) => `${setting.id} ${how}`),
    removed: ids(removed),
    kept: ids(kept),
    failed: failed.map((one) => `${one.setting.id}, ${one.before?.address ?? "nothing"} instead`),
  };
  return Object.fromEntries(Object.entries(all).filter(([, list]) => list.length > 0));
}

async function connected(port: number, clientId: string): Promise<TestClient> {
  const client = await socketClient(port);
  assert.equal((await client.connect({ clientId })).reasonCode, 0);
  return client;
}

async function refused(port: number): Promise<void> {
  await assert.rejects(socketClient(port), { code: "ECONNREFUSED" });
}

describe("apply listeners", () => {
  it("added, changed, removed and kept, each by its id; connected clients stay", { timeout }, async () => {
    const [a, b, c, d, e] = await freePorts(5) as [number, number, number, number, number];
    await using bench = await Bench.with(setting("a", a), setting("b", b), setting("c", c));
    const clients = [await connected(a, "1"), await connected(b, "2"), await connected(c, "3")];
    const applied = await bench.apply([
      setting("a", a, { origin: "b.yml:7:7" }),
      setting("b", d, { topicAliasMaximumOut: 3 }),
      setting("e", e),
    ]);
    assert.deepEqual(summary(applied), { added: ["e"], changed: ["b moved"], removed: ["c"], kept: ["a"] });
    for (const client of clients) await client.ping();
    await (await connected(d, "4")).ping();
    await (await connected(e, "5")).ping();
    await refused(b);
    await refused(c);
    const same = await bench.apply(bench.inForce);
    assert.deepEqual(summary(same), { kept: ["a", "b", "e"] });
    const closed = await bench.apply([], { closeClients: true });
    assert.deepEqual(summary(closed), { removed: ["a", "b", "e"] });
    await clients[0]!.expect(14);
    await clients[2]!.ping();
  });

  it("what stays at its address is not closed for it, another id neither", { timeout }, async () => {
    const [a] = await freePorts(1) as [number];
    await using bench = await Bench.with(setting("a", a));
    const client = await connected(a, "1");
    assert.deepEqual(summary(await bench.apply([setting("a", a, { topicAliasMaximumOut: 9 })])), {
      changed: ["a kept"],
    });
    assert.deepEqual(summary(await bench.apply([setting("other", a)])), { changed: ["other kept"] });
    assert.deepEqual(summary(await bench.apply([setting("other", a, { backlog: 9 })])), {
      changed: ["other reopened"],
    });
    await client.ping();
    await (await connected(a, "2")).ping();
  });

  it("addresses that go round", { timeout }, async () => {
    const [a, b, c] = await freePorts(3) as [number, number, number];
    await using bench = await Bench.with(setting("a", a), setting("b", b), setting("c", c));
    const client = await connected(a, "1");
    const round = await bench.apply([setting("a", b), setting("b", c), setting("c", a)]);
    assert.deepEqual(Object.keys(summary(round)), ["changed"]);
    assert.deepEqual(round.changed.map(({ setting: { id } }) => id).toSorted(), ["a", "b", "c"]);
    for (const [port, listener] of [[b, "a"], [c, "b"], [a, "c"]] as const) {
      await connected(port, listener);
      assert.equal(bench.server.client(listener)?.listener, listener);
    }
    // One whose address another one gives up.
    const chain = await bench.apply([setting("a", a), setting("b", c)]);
    assert.deepEqual(summary(chain), { changed: ["a moved"], removed: ["c"], kept: ["b"] });
    await client.ping();
  });

  it("one that fails keeps what there was, and the others go on", { timeout }, async () => {
    const [a, b, taken, d] = await freePorts(4) as [number, number, number, number];
    const busy = net.createServer();
    await new Promise<void>((done) => busy.listen(taken, "127.0.0.1", done));
    await using bench = await Bench.with(setting("a", a), setting("b", b));
    const tls = { cert: fixture("server.crt"), key: fixture("device.key") };
    const applied = await bench.apply([
      setting("a", taken),
      setting("b", b, { protocol: "tls", tls }),
      setting("new", taken),
      setting("bad", 0, { protocol: "ws", path: "no slash" }),
      setting("d", d),
    ]);
    busy.close();
    assert.deepEqual(summary(applied), {
      added: ["d"],
      failed: [
        `a, 127.0.0.1:${a} instead`,
        `b, 127.0.0.1:${b} instead`,
        "new, nothing instead",
        "bad, nothing instead",
      ],
    });
    assert.match(applied.failed[0]!.error.message, /the address is already in use$/);
    assert.match(applied.failed[1]!.error.message, /does not belong to/);
    assert.match(applied.failed[3]!.error.message, /^Invalid path "no slash"/);
    for (const port of [a, b, d]) await (await connected(port, `c${port}`)).ping();
  });

  it("certificates of those that stay are read again when that is asked for", { timeout }, async () => {
    const [a] = await freePorts(1) as [number];
    const file = join(temporaryFolder(), "a.pem");
    writeFileSync(file, fixture("server.crt") + fixture("server.key"));
    const one = setting("a", a, { protocol: "tls", tls: { cert: file, key: file, watch: false } });
    await using bench = await Bench.with(one);
    const serial = async (): Promise<string> => {
      const socket = await connectTls(`127.0.0.1:${a}`, { ca: fixture("authority.crt") });
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber.slice(-4);
    };
    writeFileSync(file, fixture("renewed.crt") + fixture("renewed.key"));
    await bench.apply([one]);
    assert.equal(await serial(), "1001");
    assert.deepEqual(summary(await bench.apply([one], { reload: true })), { kept: ["a"] });
    assert.equal(await serial(), "1002");
    writeFileSync(file, "nothing");
    const broken = await bench.apply([one], { reload: true });
    assert.deepEqual(summary(broken), { failed: [`a, 127.0.0.1:${a} instead`] });
    assert.match(broken.failed[0]!.error.message, /is not PEM/);
    assert.equal(await serial(), "1002");
  });
});
