/** Listeners behind proxies that speak the PROXY protocol: who the client is, and who is turned away. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { HttpListener } from "../../src/listeners/http.ts";
import type { Listener } from "../../src/listeners/listener.ts";
import { TcpListener } from "../../src/listeners/tcp.ts";
import type { TlsFiles } from "../../src/listeners/tls_files.ts";
import { UnixListener } from "../../src/listeners/unix.ts";
import { WebSocketListener } from "../../src/listeners/websocket.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { until } from "../harness/time.ts";
import { Client, connectTcp, connectTls, connectUnix, portOf } from "../runtime/client.ts";
import { binary, line, summed, tlv, unix, v4, v6 } from "../runtime/proxy/headers.ts";
import { relay, type Target } from "../runtime/proxy/relay.ts";
import { fixture } from "../runtime/transports.ts";
import { WebSocketClient } from "../runtime/websocket_client.ts";
import { Host } from "./host.ts";

const timeout = 60_000;
const certificates: TlsFiles = {
  cert: fixture("server.crt"),
  key: fixture("server.key"),
  ca: fixture("authority.crt"),
  requestClientCert: true,
};
const trusting = { ca: fixture("authority.crt"), cert: fixture("device.crt"), key: fixture("device.key") };
const address = "127.0.0.1:0";
const handler = (request: Request, from: string): Response =>
  new Response(`${from} ${new URL(request.url).pathname}`);

type Proxies = { readonly trusted: readonly string[] };

const kinds: Record<string, (proxyProtocol: Proxies) => Listener> = {
  tcp: (proxyProtocol) => new TcpListener({ id: "t", address, proxyProtocol }),
  tls: (proxyProtocol) => new TcpListener({ id: "t", address, proxyProtocol, tls: certificates }),
  ws: (proxyProtocol) => new WebSocketListener({ id: "t", address, proxyProtocol }),
  wss: (proxyProtocol) => new WebSocketListener({ id: "t", address, proxyProtocol, tls: certificates }),
  http: (proxyProtocol) => new HttpListener({ id: "t", address, proxyProtocol, handler }),
  https: (proxyProtocol) => new HttpListener({ id: "t", address, proxyProtocol, handler, tls: certificates }),
  unix: (proxyProtocol) => new UnixListener({ id: "t", path: join(temporaryFolder(), "s"), proxyProtocol }),
};
const encrypted = (kind: string): boolean => ["tls", "wss", "https"].includes(kind);
const trusted: Proxies = { trusted: ["127.0.0.1", "unix"] };

function target(listener: Listener): Target {
  return listener.protocol === "unix" ? { path: listener.address } : { port: portOf(listener.address) };
}

async function opened(kind: string, proxies: Proxies = trusted): Promise<{ listener: Listener; host: Host }> {
  const host = new Host();
  const listener = kinds[kind]!(proxies);
  await listener.open(host);
  return { listener, host };
}

async function connect(kind: string, at: string): Promise<Client> {
  const socket = encrypted(kind) ? await connectTls(at, trusting) : await connectTcp(at);
  return kind.startsWith("ws") ? await WebSocketClient.open(socket) : new Client(socket);
}

/** Where the server sees a client that comes through a proxy; its first bytes have to arrive as they are. */
async function seen(
  kind: string,
  { listener, host }: { listener: Listener; host: Host },
  at: string,
): Promise<string> {
  const before = host.accepted.length;
  const client = await connect(kind, at);
  try {
    if (kind.startsWith("http")) {
      client.send(new TextEncoder().encode("GET /path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
      await client.until(() => client.ended || client.closed);
      return /(\S+) \/path$/m.exec(new TextDecoder().decode(client.bytes()))?.[1] ?? "nothing";
    }
    client.send(Uint8Array.of(1, 2, 3));
    const stream = await host.stream(before);
    await stream.until(({ received }) => received === 3);
    assert.deepEqual([...stream.bytes()], [1, 2, 3]);
    stream.stream.write(Uint8Array.of(4, 5));
    assert.deepEqual([...await client.take(2)], [4, 5]);
    assert.equal(host.accepted[before]!.listener, listener);
    assert.equal(stream.stream.certificate?.commonName, encrypted(kind) ? "device-1" : undefined);
    return stream.stream.remoteAddress;
  } finally {
    client.reset();
  }
}

const headers: readonly [name: string, header: Uint8Array, address: RegExp][] = [
  ["v1 TCP4", line("PROXY TCP4 192.0.2.7 10.0.0.1 40000 1883"), /^192\.0\.2\.7:40000$/],
  ["v1 TCP6", line("PROXY TCP6 2001:db8::7 ::1 40000 1883"), /^\[2001:db8::7\]:40000$/],
  ["v1 UNKNOWN", line("PROXY UNKNOWN"), /^(127\.0\.0\.1:|unix:\/)/],
  [
    "v2 TCP4 with a checksum and more",
    summed(0x21, 0x11, v4, tlv(4, new Uint8Array(600))),
    /^192\.0\.2\.7:40000$/,
  ],
  ["v2 TCP6", binary(0x21, 0x21, v6), /^\[2001:db8::7\]:40000$/],
  ["v2 UNIX", binary(0x21, 0x31, unix("/run/client", "")), /^unix:\/run\/client$/],
  ["v2 LOCAL", binary(0x20, 0), /^(127\.0\.0\.1:|unix:\/)/],
];

for (const kind of Object.keys(kinds)) {
  describe(`proxy protocol, ${kind}`, () => {
    it(
      "the client is where the header says, and nothing of what follows it is lost",
      { timeout },
      async () => {
        const open = await opened(kind);
        for (const [name, header, expected] of headers) {
          for (const cuts of [[], [header.length]]) {
            await using proxy = await relay(target(open.listener), header, cuts);
            assert.match(await seen(kind, open, proxy.address), expected, name);
          }
        }
        await open.listener.close();
        assert.deepEqual(open.host.lines, []);
      },
    );

    it("wherever it is cut", { timeout }, async () => {
      const open = await opened(kind);
      for (const header of [line("PROXY TCP4 192.0.2.7 10.0.0.1 40000 1883"), summed(0x21, 0x11, v4)]) {
        for (let cut = 1; cut < header.length + 4; cut++) {
          await using proxy = await relay(target(open.listener), header, [cut]);
          assert.equal(await seen(kind, open, proxy.address), "192.0.2.7:40000", `cut at ${cut}`);
        }
        await using proxy = await relay(target(open.listener), header, "bytes");
        assert.equal(await seen(kind, open, proxy.address), "192.0.2.7:40000");
      }
      await open.listener.close();
      assert.deepEqual(open.host.lines, []);
    });

    it("many at once", { timeout }, async () => {
      const open = await opened(kind);
      await using proxy = await relay(target(open.listener), summed(0x21, 0x11, v4));
      if (kind.startsWith("http")) {
        const all = await Promise.all(Array.from({ length: 60 }, () => seen(kind, open, proxy.address)));
        assert.deepEqual([...new Set(all)], ["192.0.2.7:40000"]);
      } else {
        const clients = await Promise.all(Array.from({ length: 60 }, () => connect(kind, proxy.address)));
        for (const client of clients) client.send(Uint8Array.of(9));
        const heard = (): number =>
          open.host.accepted.filter(({ recorder }) => recorder.received === 1).length;
        await until(() => heard() === 60, "all");
        for (const { recorder } of open.host.accepted) {
          assert.equal(recorder.stream.remoteAddress, "192.0.2.7:40000");
        }
        for (const client of clients) client.reset();
      }
      await open.listener.close();
      assert.deepEqual(open.host.lines, []);
    });

    const plain = (listener: Listener): Promise<Client> =>
      (listener.protocol === "unix" ? connectUnix(listener.address) : connectTcp(listener.address))
        .then((socket) => new Client(socket));

    it("a trusted one without a header is refused, and logged", { timeout }, async () => {
      const { listener, host } = await opened(kind);
      const client = await plain(listener);
      client.send(Uint8Array.of(0x10, 12, 0, 4));
      await client.until(() => client.ended || client.closed);
      await until(() => host.lines.length > 0, "the line");
      assert.equal(host.lines.length, 1);
      assert.match(
        host.lines[0]!,
        /^refused proxy-header-refused (127\.0\.0\.1:\d+|unix:\S+) t: MQTT came without a header of the PROXY protocol$/,
      );
      assert.equal(host.stats.refused.proxy, 1);
      assert.equal(host.accepted.length, 0);
      await listener.close();
    });

    it(
      "one that ends within its header is refused, one that says nothing has gone",
      { timeout },
      async () => {
        const { listener, host } = await opened(kind);
        for (const bytes of [line("PROXY TCP4 1.2").subarray(0, 10), new Uint8Array(0)]) {
          const client = await plain(listener);
          if (bytes.length > 0) client.send(bytes);
          client.end();
          await client.until(() => client.ended || client.closed);
        }
        await until(() => host.lines.length === 2, "both lines");
        assert.match(
          host.lines[0]!,
          /^refused proxy-header-refused .* t: the connection ended within the header$/,
        );
        assert.match(host.lines[1]!, /^refused connection-closed-early .* t: undefined$/);
        await listener.close();
      },
    );

    it("others are refused, whatever they say", { timeout }, async () => {
      const { listener, host } = await opened(kind, { trusted: ["192.0.2.0/24"] });
      // (It may be reset before it knows that it was connected.)
      const client = await plain(listener).catch(() => null);
      client?.send(line("PROXY TCP4 192.0.2.7 10.0.0.1 40000 1883"));
      await client?.until(() => client.ended || client.closed);
      await until(() => host.lines.length > 0, "the line");
      assert.match(
        host.lines[0]!,
        /^refused proxy-not-trusted (127\.0\.0\.1:\d+|unix:\S+) t: only trusted proxies may connect here$/,
      );
      assert.deepEqual([host.stats.refused.proxy, host.accepted.length], [1, 0]);
      await listener.close();
    });

    it("closing the listener ends those that have not said anything yet", { timeout }, async () => {
      const { listener, host } = await opened(kind);
      const client = await plain(listener);
      client.send(line("PROXY TCP4 1.2").subarray(0, 10));
      for (let i = 0; i < 20; i++) await new Promise((done) => setTimeout(done, 1));
      await listener.close();
      await client.until(() => client.ended || client.closed);
      assert.deepEqual([host.accepted.length, host.lines], [0, []]);
    });
  });
}

describe("proxy protocol: options", () => {
  const wrong: readonly [unknown, RegExp][] = [
    [
      [],
      /^Invalid proxyProtocol.trusted of listener "t": expected a list of networks such as "10.0.0.0\/8"$/,
    ],
    [["10.0.0.0/8", 7], /expected a list of networks/],
    [
      ["10.0.0.0/33"],
      /^Invalid proxyProtocol.trusted of listener "t": Cannot use "10.0.0.0\/33" as a network: expected/,
    ],
  ];
  for (const [list, message] of wrong) {
    it(`${JSON.stringify(list)} cannot be trusted`, () => {
      for (const make of Object.values(kinds)) {
        assert.throws(() => make({ trusted: list as string[] }), { name: "ListenerError", message });
      }
    });
  }

  it("a name that there is not is a mistake", () => {
    const proxyProtocol = { trust: ["::1"] } as unknown as Proxies;
    assert.throws(() => new TcpListener({ id: "t", address, proxyProtocol }), {
      name: "TypeError",
      message: /^Unknown option of proxyProtocol of new TcpListener: "trust"/,
    });
  });
});
