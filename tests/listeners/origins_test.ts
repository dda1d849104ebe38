/** Whose pages may connect over WebSocket, by the bytes of the handshake, plain and TLS. */

import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { describe, it } from "node:test";
import type { ConnectionOptions } from "node:tls";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import { Ledger } from "../../hooks/auth/ledger.ts";
import type { Hook } from "../../src/hook/hook.ts";
import { ListenerError } from "../../src/listeners/listener_error.ts";
import { WebSocketListener, type WebSocketListenerOptions } from "../../src/listeners/websocket.ts";
import { Server } from "../../src/server/server.ts";
import { connectTcp, connectTls } from "../runtime/client.ts";
import { fixture } from "../runtime/transports.ts";
import { upgradeRequest, WebSocketClient } from "../runtime/websocket_client.ts";
import { Host } from "./host.ts";

const timeout = 20_000;
const server = { cert: fixture("server.crt"), key: fixture("server.key") };
const trusting = { ca: fixture("authority.crt") };
const device: ConnectionOptions = { ...trusting, cert: fixture("device.crt"), key: fixture("device.key") };

/** The status of the answer; `host` as the client would write it. */
async function status(
  listener: WebSocketListener,
  origin: string | null,
  { host, at = "127.0.0.1", tls = trusting }: { host?: string; at?: string; tls?: ConnectionOptions } = {},
): Promise<number> {
  const { address, protocol } = listener;
  const request = upgradeRequest("/mqtt", [
    "Sec-WebSocket-Protocol: mqtt",
    ...(origin === null ? [] : [`Origin: ${origin}`]),
  ]).replace("Host: localhost", `Host: ${host ?? address}`);
  const socket = protocol === "wss"
    ? await connectTls(address, { ...tls, host: at })
    : await connectTcp(address, at);
  const client = await WebSocketClient.open(socket, request);
  client.reset();
  return Number(/^HTTP\/1\.1 (\d+) /.exec(client.head)?.[1]);
}

function listenerOf(protocol: string, options: Partial<WebSocketListenerOptions> = {}): WebSocketListener {
  const tls = protocol === "wss" ? { tls: server } : {};
  return new WebSocketListener({ id: "w1", address: "127.0.0.1:0", ...tls, ...options });
}

interface Opened extends AsyncDisposable {
  readonly listener: WebSocketListener;
  readonly host: Host;
}

async function opened(protocol: string, options?: Partial<WebSocketListenerOptions>): Promise<Opened> {
  const listener = listenerOf(protocol, options);
  const host = new Host();
  await listener.open(host);
  const close = async (): Promise<void> => {
    await listener.close();
    for (const { recorder } of host.accepted) recorder.stream.destroy();
  };
  return { listener, host, [Symbol.asyncDispose]: close };
}

/** An address of this machine in its network. */
const outside = Object.values(networkInterfaces()).flat().find((one) =>
  one?.family === "IPv4" && !one.internal
)?.address;

for (const protocol of ["ws", "wss"]) {
  describe(`origins: ${protocol}`, () => {
    it(
      "without a password a page of another site gets 403, and the log says the setting",
      { timeout },
      async () => {
        await using open = await opened(protocol);
        assert.equal(await status(open.listener, "https://evil.example"), 403);
        assert.equal(open.host.accepted.length, 0);
        assert.equal(open.host.stats.refused.origin, 1);
        assert.match(
          open.host.lines.join("\n"),
          /^refused foreign-page-refused 127\.0\.0\.1:\d+ w1: a page of "https:\/\/evil\.example", origins \(--origins\) says which pages may connect$/,
        );
      },
    );

    it("each of them is told of once, and counted", { timeout }, async () => {
      await using open = await opened(protocol);
      for (let i = 0; i < 5; i++) assert.equal(await status(open.listener, `https://evil${i}.example`), 403);
      assert.equal(open.host.lines.length, 5);
      assert.equal(open.host.stats.refused.origin, 5);
    });

    it("no Origin, pages of this machine, and what paho-mqtt sends get in", { timeout }, async () => {
      await using open = await opened(protocol);
      const { address } = open.listener;
      const scheme = protocol === "ws" ? "http" : "https";
      for (
        const origin of [
          null,
          "http://localhost:5173",
          "http://app.localhost",
          "https://127.0.0.1:8443",
          "http://[::1]:3000",
          `${scheme}://${address}`,
          `https://${address}`,
        ]
      ) assert.equal(await status(open.listener, origin), 101, origin ?? "none");
      const port = address.slice(address.lastIndexOf(":"));
      assert.equal(
        await status(open.listener, `${scheme}://localhost${port}`, { host: `localhost${port}` }),
        101,
      );
      assert.deepEqual(open.host.lines, []);
    });

    it(
      "DNS rebinding: a stranger's name for this machine gets 403 though Host is the same",
      { timeout },
      async () => {
        await using open = await opened(protocol);
        const port = open.listener.address.split(":").at(-1);
        const host = `evil.example:${port}`;
        assert.equal(await status(open.listener, `http://${host}`, { host }), 403);
        await using everywhere = await opened(protocol, { address: ":0" });
        const there = everywhere.listener.address.split(":").at(-1);
        assert.equal(
          await status(everywhere.listener, `http://evil.example:${there}`, {
            host: `evil.example:${there}`,
          }),
          403,
        );
      },
    );

    it("null, the origin of files and sandboxes, gets 403 unless it is listed", { timeout }, async () => {
      await using open = await opened(protocol);
      assert.equal(await status(open.listener, "null"), 403);
      await using listed = await opened(protocol, { origins: ["null"] });
      assert.equal(await status(listed.listener, "null"), 101);
    });

    const elsewhere = outside === undefined ? { skip: "skipped: needs a network address" } : { timeout };
    it(
      "at another address pages of the host that is connected to get in, on any port",
      elsewhere,
      async () => {
        await using open = await opened(protocol, { address: `${outside}:0` });
        const ask = (origin: string, host?: string): Promise<number> =>
          status(open.listener, origin, { at: outside!, ...(host === undefined ? {} : { host }) });
        assert.equal(await ask(`http://${outside}`), 101);
        assert.equal(await ask(`https://${outside}:8443`), 101);
        assert.equal(await ask("http://broker.lan:3000", "broker.lan:1882"), 101);
        assert.equal(await ask(`http://${open.listener.address}`), 101);
        assert.equal(await ask("http://localhost:3000"), 403);
        assert.equal(await ask("https://evil.example"), 403);
        assert.equal(await ask("null"), 403);
      },
    );

    it(
      "origins: those that are listed and no others, also where passwords are required",
      { timeout },
      async () => {
        await using open = await opened(protocol, {
          origins: ["https://app.example:443/", "http://localhost:5173"],
        });
        for (const required of [false, true]) {
          open.host.requiresCredentials = required;
          assert.equal(await status(open.listener, "https://app.example"), 101);
          assert.equal(await status(open.listener, "http://localhost:5173"), 101);
          assert.equal(await status(open.listener, "http://localhost:3000"), 403);
          assert.equal(await status(open.listener, null), 101);
        }
      },
    );

    it("origins: any", { timeout }, async () => {
      await using open = await opened(protocol, { origins: "any" });
      for (const origin of ["https://evil.example", "null", "nonsense"]) {
        assert.equal(await status(open.listener, origin), 101);
      }
    });

    const hooks: [string, Hook[], number][] = [
      ["AllowAll", [new AllowAll()], 403],
      ["nobody who lets anyone in", [], 403],
      ["a ledger with passwords", [new Ledger({ users: { anna: { password: "secret" } } })], 101],
      [
        "a ledger that lets somebody in without",
        [
          new Ledger({
            users: { anna: { password: "secret" } },
            auth: [{ remote: "127.0.0.1", allow: true }],
          }),
        ],
        403,
      ],
      ["a ledger that refuses without", [new Ledger({ auth: [{ allow: false }] })], 101],
      [
        "a ledger with a password in its rules",
        [new Ledger({ auth: [{ password: "a*", allow: true }] })],
        101,
      ],
      ["a ledger, then everybody", [new Ledger({}, { fallback: "abstain" }), new AllowAll()], 403],
      ["a hook that says nothing about it", [{ id: "own", onConnectAuthenticate: () => "allow" }], 403],
      [
        "a hook that asks for passwords",
        [{ id: "own", requiresCredentials: true, onConnectAuthenticate: () => "deny" }],
        101,
      ],
      [
        "one that does and one with a method of its own",
        [
          { id: "own", requiresCredentials: true, onConnectAuthenticate: () => "deny" },
          { id: "auth", onAuthPacket: () => ({ result: "success" }) },
        ],
        403,
      ],
      ["one that does, and others", [
        { id: "own", requiresCredentials: true, onConnectAuthenticate: () => "deny" },
        { id: "watch", onConnect: () => {}, onPublish: () => {} },
      ], 101],
    ];
    for (const [name, list, expected] of hooks) {
      it(`${name}: ${expected}`, { timeout }, async () => {
        await using broker = new Server();
        for (const hook of list) broker.addHook(hook);
        const listener = listenerOf(protocol);
        await broker.addListener(listener);
        await broker.serve();
        assert.equal(await status(listener, "https://other.example"), expected);
      });
    }

    it("hooks that are replaced while it serves count at once", { timeout }, async () => {
      await using broker = new Server();
      const everybody = new AllowAll();
      broker.addHook(everybody);
      const listener = listenerOf(protocol);
      await broker.addListener(listener);
      await broker.serve();
      assert.equal(await status(listener, "https://other.example"), 403);
      const ledger = new Ledger({ users: { anna: { password: "secret" } } });
      await broker.replaceHook(everybody, ledger);
      assert.equal(await status(listener, "https://other.example"), 101);
      ledger.replace({ auth: [{ allow: true }] });
      assert.equal(await status(listener, "https://other.example"), 403);
    });

    it("an origin that is none is refused when the listener is made", () => {
      const noList = { origins: "https://app.example" as unknown as string[] };
      assert.throws(
        () => listenerOf(protocol, noList),
        /^ListenerError: Invalid origins of listener "w1": expected "any"/,
      );
      for (const origin of ["app.example", "https://*.example", "https://app.example/x", "any"]) {
        assert.throws(() => listenerOf(protocol, { origins: [origin] }), (error: Error) => {
          assert.ok(error instanceof ListenerError);
          assert.match(error.message, /^Invalid origin ".*" of listener "w1": expected one such as /);
          return true;
        });
      }
    });
  });
}

describe("origins: wss with client certificates", () => {
  it(
    "required ones are credentials: any page gets in; those that are only asked for are none",
    { timeout },
    async () => {
      const { ca } = trusting;
      await using strict = await opened("wss", { tls: { ...server, ca, requireClientCert: true } });
      assert.equal(await status(strict.listener, "https://other.example", { tls: device }), 101);
      await using lenient = await opened("wss", { tls: { ...server, ca, requestClientCert: true } });
      assert.equal(await status(lenient.listener, "https://other.example", { tls: device }), 403);
    },
  );
});
