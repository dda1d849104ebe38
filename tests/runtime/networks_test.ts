/** IP addresses and networks, and who a client behind HTTP proxies is. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatIp, parseIp } from "../../src/runtime/ip.ts";
import { networkFault, Networks } from "../../src/runtime/networks.ts";
import { forwardedFor, type ForwardedHeader } from "../../src/runtime/proxy/forwarded.ts";

describe("ip: addresses are written in one way", () => {
  const same: readonly [string, string | null][] = [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::FFFF:c000:207", "192.0.2.7"],
    ["::", "::"],
    ["::1", "::1"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0db8::0007", "2001:db8::7"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["1::", "1::"],
    ["::1.2.3.4", "::102:304"],
    ["fe80::1%eth0", "fe80::1"],
    ["1.2.3", null],
    ["1.2.3.256", null],
    ["01.2.3.4", null],
    [":::", null],
    ["1::2::3", null],
    ["", null],
    ["localhost", null],
  ];
  for (const [text, written] of same) {
    it(JSON.stringify(text), () => {
      const bytes = parseIp(text);
      assert.equal(bytes === null ? null : formatIp(bytes), written);
    });
  }

  it("what is written is read as the same bytes", () => {
    const bytes = fc.array(fc.constantFrom(0, 0, 0, 1, 255, 171), { minLength: 16, maxLength: 16 });
    fc.assert(fc.property(bytes, (some) => {
      const ip = Uint8Array.from(some);
      assert.deepEqual(parseIp(formatIp(ip)), ip);
    }));
  });
});

describe("networks: who is in them", () => {
  const cases: readonly [network: string, address: string, within: boolean][] = [
    ["10.0.0.0/8", "10.255.0.1:1", true],
    ["10.0.0.0/8", "11.0.0.1:1", false],
    ["10.1.2.3/8", "10.9.9.9:1", true],
    ["192.0.2.0/25", "192.0.2.127:1", true],
    ["192.0.2.0/25", "192.0.2.128:1", false],
    ["192.0.2.7", "192.0.2.7:1", true],
    ["192.0.2.7", "192.0.2.6:1", false],
    ["0.0.0.0/0", "203.0.113.1:1", true],
    ["0.0.0.0/0", "[2001:db8::1]:1", false],
    ["::/0", "203.0.113.1:1", true],
    ["::ffff:10.0.0.0/8", "10.0.0.1:1", true],
    ["fd00::/8", "[fd12::1]:1", true],
    ["fd00::/8", "[fe12::1]:1", false],
    ["2001:db8::/33", "[2001:db8:7fff::1]:1", true],
    ["2001:db8::/33", "[2001:db8:8000::1]:1", false],
    ["::1", "[::1]:1", true],
    ["fe80::/10", "[fe80::1%eth0]:1", true],
    ["unix", "unix:/run/socket", true],
    ["unix", "127.0.0.1:1", false],
    ["127.0.0.1", "unix:/run/socket", false],
    ["127.0.0.1", "unknown", false],
    ["127.0.0.1", "unknown:0", false],
    ["::1", "::1", false],
  ];
  for (const [network, address, within] of cases) {
    it(`${address} ${within ? "is" : "is not"} in ${network}`, () => {
      assert.equal(new Networks([network]).includes(address), within);
    });
  }

  it("none, and several", () => {
    assert.equal(new Networks([]).includes("127.0.0.1:1"), false);
    assert.equal(new Networks(["::1", "127.0.0.0/8"]).includes("127.9.9.9:1"), true);
  });

  for (
    const text of [
      "",
      "10",
      "10.0.0.0/33",
      "::1/129",
      "10.0.0.0/8/8",
      "10.0.0.0/",
      "localhost",
      "::1%lo",
      "1.2.3.4/-1",
    ]
  ) {
    it(`${JSON.stringify(text)} is none`, () => {
      assert.match(
        networkFault(text) ?? "",
        /^Cannot use ".*" as a network: expected an address or a network such as/,
      );
      assert.throws(() => new Networks([text]), RangeError);
    });
  }
});

describe("forwarded: who the client is", () => {
  const trusted = new Networks(["10.0.0.0/8", "fd00::/8"]);
  const of = (peer: string, value: string | null, header: ForwardedHeader = "X-Forwarded-For"): string =>
    forwardedFor(peer, value, { trusted, header });
  const proxy = "10.0.0.1:5000";

  const plain: readonly [value: string | null, client: string][] = [
    [null, proxy],
    ["", proxy],
    ["192.0.2.7", "192.0.2.7:0"],
    ["192.0.2.7:4711", "192.0.2.7:4711"],
    ["2001:db8::7", "[2001:db8::7]:0"],
    ["[2001:DB8::7]:4711", "[2001:db8::7]:4711"],
    ["[2001:db8::7]", "[2001:db8::7]:0"],
    ["203.0.113.5, 192.0.2.7", "192.0.2.7:0"],
    ["192.0.2.7, 10.0.0.2 ,10.0.0.3", "192.0.2.7:0"],
    ["192.0.2.7,::ffff:10.0.0.3", "192.0.2.7:0"],
    ["10.0.0.9, 10.0.0.2", "10.0.0.9:0"],
    ["192.0.2.7, nonsense, 10.0.0.2", "10.0.0.2:0"],
    ["192.0.2.7, unknown", proxy],
    ["192.0.2.7,", proxy],
    ["192.0.2.7:99999", proxy],
    ["192.0.2.7:", proxy],
    [`${"1".repeat(10_000)}`, proxy],
  ];
  for (const [value, client] of plain) {
    it(`X-Forwarded-For: ${value?.slice(0, 40)}`, () => assert.equal(of(proxy, value), client));
  }

  const rfc: readonly [value: string, client: string][] = [
    ["for=192.0.2.7", "192.0.2.7:0"],
    ["FOR=192.0.2.7;proto=https;by=10.0.0.1", "192.0.2.7:0"],
    ['by=10.0.0.1; for="192.0.2.7:4711"', "192.0.2.7:4711"],
    ['for=1.1.1.1, for="[2001:db8::7]:4711", for=10.0.0.2', "[2001:db8::7]:4711"],
    ["for=_hidden", proxy],
    ["for=unknown, for=10.0.0.2", "10.0.0.2:0"],
    ["proto=https", proxy],
    ['for=1.1.1.1;x="a,b;for=2.2.2.2", for=192.0.2.7', "192.0.2.7:0"],
    // What a client has begun must not swallow what the proxy adds.
    ['for=1.1.1.1;x=", for=192.0.2.7', proxy],
    ['for=1.1.1.1;x=", for="[2001:db8::7]"', proxy],
    ['for=1.1.1.1;x="\\, for="192.0.2.7"', proxy],
  ];
  for (const [value, client] of rfc) {
    it(`Forwarded: ${value}`, () => assert.equal(of(proxy, value, "Forwarded"), client));
  }

  it("from others it does not count", () => {
    assert.equal(of("192.0.2.66:1", "203.0.113.5"), "192.0.2.66:1");
    assert.equal(of("192.0.2.66:1", "for=203.0.113.5", "Forwarded"), "192.0.2.66:1");
    assert.equal(of("[fd00::1]:1", "203.0.113.5"), "203.0.113.5:0");
  });

  it("random text never throws, and what is answered is an address", () => {
    const words = fc.array(
      fc.constantFrom("for=", '"', ",", ";", "\\", "10.0.0.2", "192.0.2.7", "[", "]", ":", " ", "x"),
    );
    fc.assert(fc.property(words, fc.boolean(), (parts, old) => {
      const client = of(proxy, parts.join(""), old ? "X-Forwarded-For" : "Forwarded");
      assert.match(client, /^(?:[0-9.]+|\[[0-9a-f:.]+\]):\d+$/);
    }));
  });
});
