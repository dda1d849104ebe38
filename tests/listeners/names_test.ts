/** Several certificates: which of them a client gets, with client certificates, ALPN and versions beside. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import type { ConnectionOptions } from "node:tls";
import { HttpListener } from "../../src/listeners/http.ts";
import type { Listener } from "../../src/listeners/listener.ts";
import { TcpListener } from "../../src/listeners/tcp.ts";
import type { TlsFiles } from "../../src/listeners/tls_files.ts";
import { WebSocketListener } from "../../src/listeners/websocket.ts";
import { onDeno } from "../../src/runtime/platform.ts";
import { namesOf, ServerNames } from "../../src/runtime/tls/server_names.ts";
import { needs } from "../harness/needs.ts";
import { run } from "../harness/run.ts";
import { connectTls, portOf } from "../runtime/client.ts";
import { fixture } from "../runtime/transports.ts";
import { Host } from "./host.ts";

const timeout = 20_000;
const address = "127.0.0.1:0";
const pair = (name: string): { cert: string; key: string } => ({
  cert: fixture(`${name}.crt`),
  key: fixture(`${name}.key`),
});
const several: TlsFiles = { ...pair("server"), certificates: [pair("garden"), pair("cellar")] };
const serials = { server: "1001", garden: "4001", cellar: "4002" };

const kinds: Record<string, (tls: TlsFiles) => Listener> = {
  tls: (tls) => new TcpListener({ id: "t", address, tls }),
  wss: (tls) => new WebSocketListener({ id: "t", address, tls }),
  https: (tls) => new HttpListener({ id: "t", address, tls, handler: () => new Response("fetched") }),
};

/** The serial number of the certificate; what is wrong when it did not come to that. */
async function served(listener: Listener, options: ConnectionOptions): Promise<string> {
  try {
    const socket = await connectTls(listener.address, { rejectUnauthorized: false, ...options });
    const { serialNumber } = socket.getPeerCertificate();
    const alpn = typeof socket.alpnProtocol === "string" ? ` ${socket.alpnProtocol}` : "";
    const version = socket.getProtocol();
    socket.destroy();
    return `${serialNumber.slice(-4)} ${version}${alpn}`;
  } catch {
    return "refused";
  }
}

const asked: readonly [name: string, certificate: keyof typeof serials][] = [
  ["localhost", "server"],
  ["garden.example", "garden"],
  ["GARDEN.Example", "garden"],
  ["rose.garden.example", "garden"],
  ["deep.garden.example", "cellar"],
  ["very.deep.garden.example", "server"],
  ["cellar.example", "cellar"],
  ["elsewhere.example", "server"],
  ["constructor", "server"],
  ["", "server"],
];

for (const [kind, make] of Object.entries(kinds)) {
  describe(`several certificates, ${kind}`, () => {
    it("each client gets that of the name it asks for, in both versions", { timeout }, async () => {
      const listener = make(several);
      await listener.open(new Host());
      for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
        for (const [servername, certificate] of asked) {
          const seen = await served(listener, { servername, minVersion: version, maxVersion: version });
          assert.equal(seen, `${serials[certificate]} ${version}`, servername);
        }
      }
      await listener.close();
    });

    it("client certificates are asked for whichever it is", { timeout }, async () => {
      const listener = make({ ...several, ca: fixture("authority.crt"), requireClientCert: true });
      const host = new Host();
      await listener.open(host);
      for (const servername of ["localhost", "garden.example", "cellar.example"]) {
        const own = await connectTls(listener.address, {
          rejectUnauthorized: false,
          servername,
          ...pair("device"),
        });
        if (kind === "tls") {
          const stream = await host.stream(host.accepted.length);
          assert.equal(stream.stream.certificate?.commonName, "device-1");
        }
        own.destroy();
        const ends = { rejectUnauthorized: false, servername, maxVersion: "TLSv1.2" } as const;
        assert.equal(await served(listener, { ...ends, ...pair("stranger") }), "refused");
        assert.equal(await served(listener, ends), "refused");
      }
      await listener.close();
    });

    it("the oldest and the newest version hold for all", { timeout }, async () => {
      const newest = make({ ...several, minVersion: "TLSv1.3" });
      const oldest = make({ ...several, maxVersion: "TLSv1.2" });
      await newest.open(new Host());
      await oldest.open(new Host());
      for (const servername of ["localhost", "garden.example"]) {
        assert.equal(await served(newest, { servername, maxVersion: "TLSv1.2" }), "refused");
        assert.match(await served(newest, { servername }), /TLSv1\.3/);
        assert.equal(await served(oldest, { servername, minVersion: "TLSv1.3" }), "refused");
        assert.match(await served(oldest, { servername }), /TLSv1\.2/);
      }
      await newest.close();
      await oldest.close();
    });

    it("names that are given stand instead of those in it", { timeout }, async () => {
      const certificates = [{ ...pair("garden"), names: ["one.example", "*.two.example"] }];
      const listener = make({ ...pair("server"), names: ["x.two.example"], certificates });
      await listener.open(new Host());
      const of = async (servername: string): Promise<string> =>
        (await served(listener, { servername })).slice(0, 4);
      assert.deepEqual(
        [
          await of("one.example"),
          await of("y.two.example"),
          await of("x.two.example"),
          await of("garden.example"),
        ],
        ["4001", "4001", "1001", "1001"],
      );
      await listener.close();
    });

    it("openssl s_client -servername", { timeout, ...needs("openssl", hasOpenssl()) }, async () => {
      const listener = make(several);
      await listener.open(new Host());
      for (
        const [name, certificate] of [["rose.garden.example", "garden"], [
          "elsewhere.example",
          "server",
        ]] as const
      ) {
        const at = `127.0.0.1:${portOf(listener.address)}`;
        const { output } = await run("sh", [
          "-c",
          `openssl s_client -connect ${at} -servername ${name} </dev/null | openssl x509 -noout -serial`,
        ], { patience: 10_000 });
        assert.equal(output.trim(), `serial=${serials[certificate]}`);
      }
      await listener.close();
    });
  });
}

function hasOpenssl(): boolean {
  return spawnSync("openssl", ["version"]).error === undefined;
}

describe("alpn", () => {
  it("who asks for none of the protocols is refused, who asks for nothing is not", { timeout }, async () => {
    const listener = kinds.tls!({ ...several, alpn: ["mqtt", "x-amzn-mqtt-ca"] });
    await listener.open(new Host());
    for (const servername of ["localhost", "garden.example"]) {
      const of = (ALPNProtocols: string[]): Promise<string> =>
        served(listener, { servername, ALPNProtocols });
      assert.match(await of(["h2", "x-amzn-mqtt-ca"]), / x-amzn-mqtt-ca$/);
      assert.match(await of(["mqtt"]), / mqtt$/);
      assert.equal(await of(["h2"]), "refused");
      assert.match(await served(listener, { servername }), /TLSv1\.3$/);
    }
    await listener.close();
  });

  it("without the option nobody is refused", { timeout }, async () => {
    const listener = kinds.tls!(several);
    await listener.open(new Host());
    assert.match(await served(listener, { ALPNProtocols: ["mqtt"] }), /TLSv1\.3/);
    await listener.close();
  });

  it("is not for WebSocket and HTTP", () => {
    for (const kind of ["wss", "https"]) {
      assert.throws(() => kinds[kind]!({ ...several, alpn: ["mqtt"] }), {
        name: "TypeError",
        message: /it speaks "http\/1.1"/,
      });
    }
    for (const alpn of [[], [""], ["x".repeat(256)], [7 as unknown as string]]) {
      assert.throws(() => kinds.tls!({ ...several, alpn }), {
        name: "TypeError",
        message: /names of protocols/,
      });
    }
  });
});

describe("ciphers", () => {
  it("are chosen where the runtime has a choice, and refused where it has none", { timeout }, async () => {
    const listener = kinds.tls!({
      ...several,
      maxVersion: "TLSv1.2",
      ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256",
    });
    if (onDeno) {
      await assert.rejects(
        listener.open(new Host()),
        /cannot choose cipher suites \(tls\.ciphers\): Deno takes no notice/,
      );
      return;
    }
    await listener.open(new Host());
    for (const servername of ["localhost", "garden.example"]) {
      const one = await connectTls(listener.address, { rejectUnauthorized: false, servername });
      assert.equal(one.getCipher().name, "ECDHE-ECDSA-AES128-GCM-SHA256");
      one.destroy();
      const ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305";
      assert.equal(await served(listener, { servername, ciphers }), "refused");
    }
    await listener.close();
  });
});

describe("several certificates: what is wrong with which", () => {
  const cases: readonly [string, Partial<TlsFiles>, RegExp][] = [
    [
      "a key that does not belong to it",
      {
        certificates: [pair("garden"), { cert: fixture("cellar.crt"), key: fixture("garden.key") }],
      },
      /the private key of tls\.certificates\[1\] does not belong to the certificate of tls\.certificates\[1\]$/,
    ],
    [
      "a key that is encrypted",
      {
        certificates: [{ cert: fixture("server.crt"), key: fixture("server_encrypted.key") }],
      },
      /expected its passphrase in tls\.certificates\[0\]\.passphrase or tls\.certificates\[0\]\.passphraseFile$/,
    ],
  ];
  for (const [name, tls, message] of cases) {
    it(name, async () => {
      for (const make of Object.values(kinds)) {
        await assert.rejects(make({ ...several, ...tls }).open(new Host()), {
          name: "ListenerError",
          message,
        });
      }
    });
  }

  it("options that are none", () => {
    const wrong: readonly [unknown, RegExp][] = [
      [
        { certificates: [{ cert: "a" }] },
        /^Cannot use certificates\[0\] of tls of new TcpListener without key: expected the path/,
      ],
      [
        { certificates: ["a"] },
        /^Cannot use "a" as the options of certificates\[0\] of tls of new TcpListener/,
      ],
      [{ names: ["a b"] }, /^Cannot use "a b" as a name of a certificate/],
      [
        { minVersion: "TLSv1.3", maxVersion: "TLSv1.2" },
        /^Cannot use minVersion "TLSv1.3" beside maxVersion "TLSv1.2"/,
      ],
      [{ maxVersion: "TLSv1.1" }, /^Cannot use "TLSv1.1" as maxVersion/],
      [{ key: 7 }, /^Cannot make a TcpListener with tls and without key: expected .*, got a number$/],
    ];
    for (const [tls, message] of wrong) {
      assert.throws(() => kinds.tls!({ ...several, ...tls as TlsFiles }), { name: "TypeError", message });
    }
  });

  it("PEM as bytes", async () => {
    const bytes = (name: string): Uint8Array => new TextEncoder().encode(fixture(name));
    const listener = kinds.tls!({
      cert: bytes("server.crt"),
      key: bytes("server.key"),
      ca: bytes("authority.crt"),
    });
    await listener.open(new Host());
    assert.match(await served(listener, {}), /^1001/);
    await listener.close();
  });
});

describe("server names", () => {
  it("are read from a certificate", () => {
    assert.deepEqual(namesOf(fixture("garden.crt")), ["garden.example", "*.garden.example"]);
    assert.deepEqual(namesOf(fixture("server.crt")), ["localhost"]);
    assert.deepEqual(namesOf(fixture("between.crt")), ["Between"]);
  });

  it("of two certificates for the same name the first counts, and no name of an object", () => {
    const one = { names: ["a.example", "*.example"], context: null };
    const names = new ServerNames([one, { names: ["A.example.", "b.example"], context: "two" as never }]);
    assert.deepEqual(
      ["a.example", "b.example", "c.example", "example", ".example", "__proto__", "b.example."].map((name) =>
        names.find(name)
      ),
      [null, "two", null, null, null, null, "two"],
    );
  });
});
