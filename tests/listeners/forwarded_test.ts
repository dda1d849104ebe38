/** HTTP proxies that say where a client is: over WebSocket and HTTP, from those that are trusted and from others. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { HttpListener } from "../../src/listeners/http.ts";
import type { ForwardedOptions } from "../../src/listeners/proxies.ts";
import { WebSocketListener } from "../../src/listeners/websocket.ts";
import { needs } from "../harness/needs.ts";
import { run } from "../harness/run.ts";
import { until } from "../harness/time.ts";
import { Client, connectTcp } from "../runtime/client.ts";
import { line } from "../runtime/proxy/headers.ts";
import { relay } from "../runtime/proxy/relay.ts";
import { fixture } from "../runtime/transports.ts";
import { portOf } from "../runtime/client.ts";
import { Host } from "./host.ts";

const timeout = 20_000;
const address = "127.0.0.1:0";
const trustedProxies = ["127.0.0.0/8", "10.0.0.0/8"];

function upgrade(...headers: string[]): Uint8Array {
  return new TextEncoder().encode([
    "GET / HTTP/1.1",
    "Host: x",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: mqtt",
    ...headers,
    "\r\n",
  ].join("\r\n"));
}

/** Where the server sees a WebSocket client. */
async function seen(options: ForwardedOptions, ...headers: string[]): Promise<string> {
  const host = new Host();
  const listener = new WebSocketListener({ id: "t", address, origins: "any", ...options });
  await listener.open(host);
  const client = new Client(await connectTcp(listener.address));
  client.send(upgrade(...headers));
  const { stream } = await host.stream();
  client.reset();
  await listener.close();
  return stream.remoteAddress;
}

describe("forwarded, ws", () => {
  const own = /^127\.0\.0\.1:[1-9]\d*$/;
  const cases: readonly [name: string, ForwardedOptions, string[], string | RegExp][] = [
    ["nobody is trusted", {}, ["X-Forwarded-For: 192.0.2.7"], own],
    ["a proxy that is not trusted", { trustedProxies: ["10.0.0.0/8"] }, ["X-Forwarded-For: 192.0.2.7"], own],
    ["a trusted one", { trustedProxies }, ["X-Forwarded-For: 192.0.2.7"], "192.0.2.7:0"],
    [
      "a trusted one behind another",
      { trustedProxies },
      ["X-Forwarded-For: 1.1.1.1, 192.0.2.7, 10.0.0.2"],
      "192.0.2.7:0",
    ],
    [
      "two headers",
      { trustedProxies },
      ["X-Forwarded-For: 1.1.1.1", "x-forwarded-for: 192.0.2.7"],
      "192.0.2.7:0",
    ],
    ["none", { trustedProxies }, [], own],
    ["the other header", { trustedProxies }, ["Forwarded: for=192.0.2.7"], own],
    [
      "Forwarded",
      { trustedProxies, forwardedHeader: "Forwarded" },
      ['Forwarded: for="[2001:db8::7]:4711"'],
      "[2001:db8::7]:4711",
    ],
    ["Forwarded beside the other", { trustedProxies, forwardedHeader: "Forwarded" }, [
      "X-Forwarded-For: 1.1.1.1",
    ], own],
  ];
  for (const [name, options, headers, expected] of cases) {
    it(name, { timeout }, async () => {
      const client = await seen(options, ...headers);
      if (typeof expected === "string") assert.equal(client, expected);
      else assert.match(client, expected);
    });
  }

  it("who is refused is logged with that address", { timeout }, async () => {
    const host = new Host();
    const listener = new WebSocketListener({ id: "t", address, path: "/mqtt", trustedProxies });
    await listener.open(host);
    const client = new Client(await connectTcp(listener.address));
    client.send(upgrade("X-Forwarded-For: 192.0.2.7"));
    await client.until(() => client.closed || client.ended);
    await until(() => host.lines.length > 0, "the line");
    assert.match(host.lines[0]!, /^refused websocket-refused 192\.0\.2\.7:0 t: 404 Not Found/);
    await listener.close();
  });

  it("after the PROXY protocol it is that client who has to be trusted", { timeout }, async () => {
    for (
      const [proxies, expected] of [[["192.0.2.0/24"], "203.0.113.9:0"], [
        ["127.0.0.1"],
        "192.0.2.7:1",
      ]] as const
    ) {
      const host = new Host();
      const proxyProtocol = { trusted: ["127.0.0.1"] };
      const listener = new WebSocketListener({ id: "t", address, proxyProtocol, trustedProxies: proxies });
      await listener.open(host);
      await using proxy = await relay(
        { port: portOf(listener.address) },
        line("PROXY TCP4 192.0.2.7 10.0.0.1 1 2"),
      );
      const client = new Client(await connectTcp(proxy.address));
      client.send(upgrade("X-Forwarded-For: 203.0.113.9"));
      assert.equal((await host.stream()).stream.remoteAddress, expected);
      client.reset();
      await listener.close();
    }
  });

  it("options that are none", () => {
    const make = (options: ForwardedOptions) => () => new WebSocketListener({ id: "t", address, ...options });
    assert.throws(make({ trustedProxies: [] }), {
      name: "ListenerError",
      message: /^Invalid trustedProxies of listener "t"/,
    });
    assert.throws(make({ trustedProxies: ["x"] }), {
      name: "ListenerError",
      message: /Cannot use "x" as a network/,
    });
    assert.throws(make({ forwardedHeader: "Forwarded" }), {
      name: "ListenerError",
      message: /without trustedProxies$/,
    });
    assert.throws(make({ trustedProxies, forwardedHeader: "Via" as "Forwarded" }), {
      name: "ListenerError",
      message: /^Invalid forwardedHeader of listener "t": expected "X-Forwarded-For" or "Forwarded"$/,
    });
  });
});

describe("forwarded, http and https", () => {
  const curl = needs("curl", spawnSync("curl", ["--version"]).error === undefined);
  for (const secure of [false, true]) {
    it(`curl, ${secure ? "https" : "http"}`, { timeout, ...curl }, async () => {
      const tls = secure ? { tls: { cert: fixture("server.crt"), key: fixture("server.key") } } : {};
      const handler = (_: Request, from: string): Response => new Response(from);
      const listener = new HttpListener({ id: "t", address, handler, trustedProxies, ...tls });
      await listener.open(new Host());
      const fetched = async (...args: string[]): Promise<string> =>
        (await run("curl", ["-sk", ...args, `http${secure ? "s" : ""}://${listener.address}/`], {
          patience: 10_000,
        }))
          .output;
      assert.match(await fetched(), /^127\.0\.0\.1:[1-9]/);
      assert.equal(await fetched("-H", "X-Forwarded-For: 1.1.1.1, 2001:db8::7"), "[2001:db8::7]:0");
      assert.equal(
        await fetched("-H", "X-Forwarded-For: 1.1.1.1", "-H", "X-Forwarded-For: 192.0.2.7"),
        "192.0.2.7:0",
      );
      assert.match(await fetched("-H", "Forwarded: for=192.0.2.7"), /^127\.0\.0\.1:[1-9]/);
      await listener.close();
      const version = new HttpListener({
        id: "t",
        address,
        handler,
        proxyProtocol: { trusted: ["127.0.0.1"] },
        ...tls,
      });
      await version.open(new Host());
      const { output } = await run("curl", [
        ...["-sk", "--haproxy-protocol"],
        `http${secure ? "s" : ""}://${version.address}/`,
      ], { patience: 10_000 });
      assert.match(output, /^127\.0\.0\.1:[1-9]/);
      await version.close();
    });
  }
});
