/** An id or a place that is taken: said when the listener is added, or at the latest when it opens. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, describe, it } from "node:test";
import {
  HttpListener,
  type Listener,
  ListenerError,
  Server,
  TcpListener,
  UnixListener,
  WebSocketListener,
} from "../../mod.ts";
import { MemoryListener } from "../../src/listeners/memory.ts";
import { placeOf } from "../../src/listeners/place.ts";
import { portOf } from "../runtime/client.ts";

const timeout = 20_000;
const folder = mkdtempSync(join(tmpdir(), "comqtt-"));
after(() => rmSync(folder, { recursive: true }));

const tcp = (id: string, address: string): Listener => new TcpListener({ id, address });
const unix = (id: string, path: string): Listener => new UnixListener({ id, path });

describe("listener places", () => {
  const same: [string, string, string][] = [
    ["tcp", "1883", ":1883"],
    ["tcp", " 1883 ", "[::]:1883"],
    ["tcp", "localhost:1883", "LocalHost:01883"],
    ["tcp", "[::1]:1883", "[0:0:0:0:0:0:0:1]:1883"],
    ["tcp", "[FE80::A]:1883", "[fe80::a]:1883"],
    ["unix", "./x", "x"],
    ["unix", "/tmp/a/../x", "/tmp//x"],
    ["unix", relative(".", "/tmp/x"), "/tmp/x"],
    ["memory", "memory:a", "memory:a"],
  ];
  for (const [protocol, one, other] of same) {
    it(`${JSON.stringify(one)} is ${JSON.stringify(other)}`, () => {
      const place = placeOf({ protocol, address: one });
      assert.notEqual(place, null);
      assert.equal(placeOf({ protocol, address: other }), place);
    });
  }

  const different: [string, string][] = [
    ["127.0.0.1:1883", "127.0.0.1:1884"],
    ["127.0.0.1:1883", "127.0.0.2:1883"],
    ["[::1]:1883", "[::2]:1883"],
    ["memory:a", "memory:b"],
    ["socket:a", "memory:a"],
  ];
  for (const [one, other] of different) {
    it(`${one} is not ${other}`, () => {
      assert.notEqual(
        placeOf({ protocol: "tcp", address: one }),
        placeOf({ protocol: "tcp", address: other }),
      );
    });
  }

  it("a port that the system chooses is nobody's, a path is no port", () => {
    for (const address of ["0", ":0", "127.0.0.1:0", "[::1]:00"]) {
      assert.equal(placeOf({ protocol: "tcp", address }), null);
    }
    assert.notEqual(placeOf({ protocol: "unix", address: "x:0" }), null);
    assert.notEqual(
      placeOf({ protocol: "unix", address: "1883" }),
      placeOf({ protocol: "tcp", address: "1883" }),
    );
  });
});

describe("listeners of one server", () => {
  const pairs: [string, Listener, Listener][] = [
    ["one port", tcp("a", "127.0.0.1:1883"), tcp("b", "127.0.0.1:1883")],
    ["one port of every address", tcp("a", ":1883"), tcp("b", "1883")],
    [
      "one port, two protocols",
      new WebSocketListener({ id: "a", address: "[::1]:80" }),
      new HttpListener({ id: "b", address: "[0::1]:80", handler: () => new Response() }),
    ],
    ["one path", unix("a", "./socket"), unix("b", "socket")],
  ];
  for (const [name, first, second] of pairs) {
    it(`${name}: the second is refused when it is added`, async () => {
      await using server = new Server();
      await server.addListener(first);
      await assert.rejects(
        server.addListener(second),
        new ListenerError(`Cannot add listener "b": "a" listens at "${second.address}" already`, {
          code: "address-in-use",
        }),
      );
      assert.deepEqual(server.listeners, [first]);
    });
  }

  it("two in memory have two names", async () => {
    await using server = new Server();
    await server.addListener(new MemoryListener());
    await server.addListener(new MemoryListener({ id: "other" }));
    await assert.rejects(
      server.addListener(new MemoryListener()),
      new ListenerError('Cannot add listener "memory": there is one with that id already', {
        code: "listener-exists",
      }),
    );
  });

  it("the address that was bound, written in another way", { timeout }, async () => {
    await using server = new Server();
    const first = tcp("a", "[::1]:0");
    await server.addListener(first);
    await server.serve();
    const second = tcp("b", `[0:0::1]:${portOf(first.address)}`);
    await assert.rejects(
      server.addListener(second),
      new ListenerError(`Cannot add listener "b": "a" listens at "${second.address}" already`, {
        code: "address-in-use",
      }),
    );
  });

  const overlapping: [string, (port: number) => string][] = [
    ["127.0.0.1:0", (port) => `:${port}`],
    [":0", (port) => `127.0.0.1:${port}`],
    ["0.0.0.0:0", (port) => `127.0.0.1:${port}`],
  ];
  for (const [address, overlap] of overlapping) {
    it(`${address} and ${overlap(1)}: the second cannot be opened`, { timeout }, async () => {
      await using server = new Server();
      const first = tcp("a", address);
      await server.addListener(first);
      await server.serve();
      const at = overlap(portOf(first.address));
      await assert.rejects(
        server.addListener(tcp("b", at)),
        new ListenerError(`Cannot open the tcp listener "b" at "${at}": the address is already in use`, {
          listener: "b",
          code: "address-in-use",
        }),
      );
      assert.deepEqual(server.listeners, [first]);
    });
  }

  it("a path through a link: the second cannot be opened", { timeout }, async () => {
    const { symlinkSync } = await import("node:fs");
    symlinkSync(folder, join(folder, "link"));
    await using server = new Server();
    await server.addListener(unix("a", join(folder, "socket")));
    await server.serve();
    const at = join(folder, "link", "socket");
    await assert.rejects(
      server.addListener(unix("b", at)),
      new ListenerError(`Cannot open the unix listener "b" at "${at}": the address is already in use`, {
        listener: "b",
        code: "address-in-use",
      }),
    );
  });
});
