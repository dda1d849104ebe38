/** Random bytes where the PROXY protocol is expected: nobody is let in by them, and the listener goes on. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, it } from "node:test";
import { TcpListener } from "../../src/listeners/tcp.ts";
import { openSockets } from "../../src/runtime/tcp/open_sockets.ts";
import { until } from "../harness/time.ts";
import { Client, connectTcp, connectTls, portOf } from "../runtime/client.ts";
import { binary, line, summed, tlv, unix, v4, v6 } from "../runtime/proxy/headers.ts";
import { relay } from "../runtime/proxy/relay.ts";
import { fixture } from "../runtime/transports.ts";
import { Host } from "./host.ts";

const timeout = 60_000;
const rounds = 400;

/** The same numbers again for the same seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const headers = [
  line("PROXY TCP4 192.0.2.7 10.0.0.1 40000 1883"),
  line("PROXY TCP6 2001:db8::7 ::1 40000 1883"),
  line("PROXY UNKNOWN"),
  summed(0x21, 0x11, v4, tlv(4, new Uint8Array(30))),
  binary(0x21, 0x21, v6),
  binary(0x21, 0x31, unix("/a", "/b")),
  binary(0x20, 0),
];

/** A header with something wrong in it, perhaps, and something after it. */
function bytes(below: (below: number) => number): Uint8Array {
  const some = (length: number): number[] => Array.from({ length }, () => below(256));
  if (below(4) === 0) return Uint8Array.from(some(1 + below(300)));
  const header = [...headers[below(headers.length)]!];
  for (let i = below(4); i > 0; i--) {
    const at = below(header.length);
    if (below(3) === 0) header.splice(at, 1 + below(4));
    else if (below(2) === 0) header.splice(at, 0, ...some(1 + below(4)));
    else header[at] = below(256);
  }
  return Uint8Array.from([...header, ...some(below(40))]);
}

for (const secure of [false, true]) {
  describe(`proxy protocol, random bytes, ${secure ? "tls" : "tcp"}`, () => {
    it("all of them end, and a client that comes afterwards is served", { timeout }, async () => {
      const seed = Number(Date.now() % 1_000_000);
      const below = random(seed);
      const host = new Host();
      const tls = { cert: fixture("server.crt"), key: fixture("server.key") };
      const proxyProtocol = { trusted: ["127.0.0.1"] };
      const listener = new TcpListener({
        id: "t",
        address: "127.0.0.1:0",
        proxyProtocol,
        ...(secure ? { tls } : {}),
      });
      await listener.open(host);
      const before = openSockets.open;
      for (let i = 0; i < rounds; i++) {
        const client = new Client(await connectTcp(listener.address));
        const all = bytes(below);
        const cut = below(all.length + 1);
        client.send(all.subarray(0, cut));
        if (below(2) === 0) await new Promise<void>((done) => setTimeout(done, 0));
        client.send(all.subarray(cut));
        if (below(2) === 0) client.end();
        else client.reset();
      }
      for (const { recorder } of host.accepted) recorder.stream.destroy();
      await until(() => {
        for (const { recorder } of host.accepted) recorder.stream.destroy();
        return openSockets.open <= before;
      }, `all to end, seed ${seed}`);
      const odd = host.lines.filter((one) =>
        !/^refused (proxy-header|tls-handshake|plain-on|connection-closed)/.test(one)
      );
      assert.deepEqual(odd, [], `seed ${seed}`);
      await using proxy = await relay({ port: portOf(listener.address) }, summed(0x21, 0x11, v4));
      const accepted = host.accepted.length;
      const good = new Client(
        secure
          ? await connectTls(proxy.address, { ca: fixture("authority.crt") })
          : await connectTcp(proxy.address),
      );
      good.send(Buffer.from("hello"));
      const stream = await host.stream(accepted);
      await stream.until(({ received }) => received === 5);
      assert.equal(stream.stream.remoteAddress, "192.0.2.7:40000");
      good.reset();
      await listener.close();
    });
  });
}
