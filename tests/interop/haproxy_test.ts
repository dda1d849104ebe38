/** HAProxy in front: the PROXY protocol in both versions, TLS handed through and ended there, WebSocket, health checks. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  AllowAll,
  type ConnectingClient,
  type Hook,
  type LogEvent,
  Server,
  TcpListener,
  WebSocketListener,
} from "../../mod.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { needs } from "../harness/needs.ts";
import { socketClient } from "../harness/socket_client.ts";
import { until } from "../harness/time.ts";
import { type Client as RawClient, portOf } from "../runtime/client.ts";
import { WebSocketClient } from "../runtime/websocket_client.ts";
import { installed as clients, run } from "./mosquitto.ts";

const timeout = 60_000;
const there = spawnSync("haproxy", ["-v"]).error === undefined;
const needed = needs("haproxy and mosquitto-clients", there && clients);
const file = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const proxyProtocol = { trusted: ["127.0.0.1"] };

class Bench implements AsyncDisposable {
  readonly server: Server;
  readonly events: LogEvent[] = [];
  /** Addresses of those that connected, by client id. */
  readonly seen: Map<string, string> = new Map();
  readonly certificates: Map<string, string> = new Map();
  #stop: () => Promise<void> = () => Promise.resolve();

  constructor() {
    this.server = new Server({
      log: (_level, _text, event) => {
        if (event !== undefined) this.events.push(event);
      },
      logLevel: "debug",
    });
    const { seen, certificates } = this;
    const hook: Hook = {
      id: "seen",
      onConnect(client: ConnectingClient): undefined {
        seen.set(client.id, client.remoteAddress);
        certificates.set(client.id, client.certificate?.commonName ?? "none");
      },
    };
    this.server.addHook(new AllowAll());
    this.server.addHook(hook);
  }

  /** Answers the port of each frontend. */
  async proxy(...sections: ((port: number) => string)[]): Promise<number[]> {
    const ports = await freePorts(sections.length);
    const path = join(temporaryFolder(), "haproxy.cfg");
    const common =
      "global\n  maxconn 100\ndefaults\n  timeout connect 5s\n  timeout client 20s\n  timeout server 20s\n";
    writeFileSync(path, common + sections.map((section, i) => section(ports[i]!)).join("\n"));
    const child = spawn("haproxy", ["-db", "-f", path], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stderr.on("data", (bytes: Uint8Array) => said += new TextDecoder().decode(bytes));
    child.stdout.on("data", (bytes: Uint8Array) => said += new TextDecoder().decode(bytes));
    const ended = new Promise<void>((done) => child.once("close", () => done()));
    this.#stop = async () => {
      child.kill("SIGKILL");
      await ended;
    };
    await until(() => {
      if (child.exitCode !== null) throw new Error(`haproxy has ended: ${said}`);
      return answers(ports[0]!);
    }, `haproxy to listen: ${said}`);
    return ports;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    await this.server.close();
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => net.createServer());
  await Promise.all(
    servers.map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done))),
  );
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.close(() => done()))));
  return ports;
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = net.connect({ port, host: "127.0.0.1" }, () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });
}

const section = (name: string, port: number, to: number, options: string, mode = "tcp", bind = ""): string =>
  `listen ${name}\n  mode ${mode}\n  bind 127.0.0.1:${port} ${bind}\n  server s 127.0.0.1:${to} ${options}\n`;

/** (127.0.0.5 is somebody else than the proxy.) */
const publish = (port: number, id: string, ...more: string[]) =>
  run("mosquitto_pub", [
    "-h",
    "127.0.0.1",
    "-A",
    "127.0.0.5",
    "-p",
    `${port}`,
    "-i",
    id,
    "-t",
    "a",
    "-m",
    "b",
    ...more,
  ]);

describe("haproxy", () => {
  it(
    "send-proxy, send-proxy-v2 and its options, and a client is where it is",
    { timeout, ...needed },
    async () => {
      await using bench = new Bench();
      await bench.server.addListener(new TcpListener({ id: "tcp", address: "127.0.0.1:0", proxyProtocol }));
      await bench.server.serve();
      const to = portOf(bench.server.listeners[0]!.address);
      const kinds = [
        "send-proxy",
        "send-proxy-v2",
        "send-proxy-v2 proxy-v2-options crc32c,unique-id,authority",
      ];
      const ports = await bench.proxy(
        ...kinds.map((options, i) => (port: number) => section(`k${i}`, port, to, options)),
      );
      for (const [i, port] of ports.entries()) {
        for (const version of ["mqttv311", "mqttv5"]) {
          const id = `${i}-${version}`;
          const { code, errors } = await publish(port, id, "-V", version, "-q", "2");
          assert.deepEqual([code, errors], [0, ""]);
          assert.match(bench.seen.get(id) ?? "", /^127\.0\.0\.5:\d+$/);
        }
      }
      // (One that only looked whether haproxy listens has gone without a CONNECT.)
      assert.deepEqual(bench.events.filter(({ code }) => code.startsWith("proxy-")), []);
    },
  );

  it(
    "TLS handed through with SNI and a client certificate, the header before it",
    { timeout, ...needed },
    async () => {
      await using bench = new Bench();
      const tls = {
        cert: file("server.crt"),
        key: file("server.key"),
        ca: file("authority.crt"),
        requireClientCert: true,
        certificates: [{
          cert: file("garden.crt"),
          key: file("garden.key"),
          names: ["garden.example"],
        }],
      };
      await bench.server.addListener(
        new TcpListener({ id: "tls", address: "127.0.0.1:0", tls, proxyProtocol }),
      );
      await bench.server.serve();
      const to = portOf(bench.server.listeners[0]!.address);
      const [port] = await bench.proxy((at) =>
        section("tls", at, to, "send-proxy-v2 proxy-v2-options crc32c")
      );
      const device = [
        "--cafile",
        file("authority.crt"),
        "--cert",
        file("device.crt"),
        "--key",
        file("device.key"),
      ];
      const { code, errors } = await publish(port!, "device", ...device, "-q", "1");
      assert.deepEqual([code, errors], [0, ""]);
      assert.match(bench.seen.get("device") ?? "", /^127\.0\.0\.5:\d+$/);
      assert.equal(bench.certificates.get("device"), "device-1");
      const strange = await publish(port!, "stranger", "--cafile", file("authority.crt"));
      assert.notEqual(strange.code, 0);
      const refused = (): boolean =>
        bench.events.some(({ code, address }) =>
          code === "client-certificate-refused" && address?.startsWith("127.0.0.5:") === true
        );
      await until(refused, "the refusal");
      // A name in SNI that mosquitto sends: that of the host.
      const named = await run("mosquitto_pub", [
        ...["-h", "localhost", "-p", `${port}`, "-i", "named", "-t", "a", "-m", "b"],
        ...device,
      ]);
      assert.equal(named.code, 0, named.errors);
    },
  );

  it(
    "health checks are not refused, nor connections without PROXY passed over",
    { timeout, ...needed },
    async () => {
      await using bench = new Bench();
      await bench.server.addListener(new TcpListener({ id: "tcp", address: "127.0.0.1:0", proxyProtocol }));
      await bench.server.serve();
      const to = portOf(bench.server.listeners[0]!.address);
      const [checked, without] = await bench.proxy(
        (at) => section("checked", at, to, "send-proxy-v2 check check-send-proxy inter 50"),
        (at) => section("without", at, to, ""),
      );
      const early = (): LogEvent[] => bench.events.filter(({ code }) => code === "connection-closed-early");
      await until(() => early().length >= 1, "a check");
      assert.equal((await publish(checked!, "one")).code, 0);
      assert.notEqual((await publish(without!, "two")).code, 0);
      const refused = bench.events.filter(({ code }) => code.startsWith("proxy-"));
      assert.deepEqual(refused.map(({ code, detail }) => [code, detail]), [
        ["proxy-header-refused", "MQTT came without a header of the PROXY protocol"],
      ]);
      assert.equal(bench.seen.has("two"), false);
      const direct = await socketClient(to);
      direct.send({ type: 12 });
      await direct.gone();
    },
  );

  it("WebSocket through mode http: X-Forwarded-For", { timeout, ...needed }, async () => {
    await using bench = new Bench();
    const trustedProxies = ["127.0.0.1"];
    await bench.server.addListener(
      new WebSocketListener({ id: "ws", address: "127.0.0.1:0", trustedProxies }),
    );
    await bench.server.serve();
    const to = portOf(bench.server.listeners[0]!.address);
    const [port] = await bench.proxy((at) => section("ws", at, to, "", "http") + "  option forwardfor\n");
    const socket = net.connect({ port: port!, host: "127.0.0.1", localAddress: "127.0.0.5" });
    await new Promise<void>((done) => socket.once("connect", done));
    const client: RawClient = await WebSocketClient.open(socket);
    // CONNECT of MQTT 3.1.1, client id "web".
    client.send(Uint8Array.of(0x10, 15, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 3, 0x77, 0x65, 0x62));
    assert.deepEqual([...await client.take(4)], [0x20, 2, 0, 0]);
    assert.equal(bench.seen.get("web"), "127.0.0.5:0");
    client.reset();
  });
});
