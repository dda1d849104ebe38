/** The program with several certificates and behind proxies, as its file says it. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../harness/folder.ts";
import { Program } from "../harness/program.ts";
import { Client, connectTcp, connectTls } from "../runtime/client.ts";
import { line, summed, v4 } from "../runtime/proxy/headers.ts";
import { relay } from "../runtime/proxy/relay.ts";
import { fixture } from "../runtime/transports.ts";

const timeout = 60_000;
/** MQTT 3.1.1, client id "web". */
const connect = Uint8Array.of(0x10, 15, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 3, 0x77, 0x65, 0x62);

async function connack(client: Client): Promise<void> {
  client.send(connect);
  assert.deepEqual([...await client.take(4)], [0x20, 2, 0, 0]);
  client.end();
}

test(
  "cli listeners: SNI, certificates that change, and the PROXY protocol before TLS",
  { timeout },
  async () => {
    const folder = temporaryFolder();
    for (const name of ["server", "garden", "cellar"]) {
      for (const end of ["crt", "key"]) {
        writeFileSync(
          join(folder, `${name}.${end}`),
          fixture(`${name}.${end}`),
        );
      }
    }
    writeFileSync(
      join(folder, "a.yml"),
      `log: { level: debug }
listeners:
  - type: tcp
    address: 127.0.0.1:0
    tls:
      cert: server.crt
      key: server.key
      certificates: [{ cert: garden.crt, key: garden.key }]
    proxyProtocol: { trusted: 127.0.0.1 }
  - { type: tcp, address: 127.0.0.1:0, proxyProtocol: { trusted: 10.0.0.0/8 } }
`,
    );
    await using program = await Program.start(["--conf", "a.yml"], { folder });
    await using proxy = await relay({ port: program.port("tls") }, summed(0x21, 0x11, v4));
    await using old = await relay(
      { port: program.port("tls") },
      line("PROXY TCP6 2001:db8::7 ::1 1 2"),
      "bytes",
    );
    const serial = async (servername: string, address: string): Promise<string> => {
      const socket = await connectTls(address, { rejectUnauthorized: false, servername });
      const { serialNumber } = socket.getPeerCertificate();
      await connack(new Client(socket));
      return serialNumber.slice(-4);
    };
    assert.equal(await serial("rose.garden.example", proxy.address), "4001");
    assert.equal(await serial("localhost", old.address), "1001");
    await program.until(
      () => /Client connected.*"192\.0\.2\.7:40000"/.test(program.errors),
      "the client of v2",
    );
    await program.until(
      () => /Client connected.*"\[2001:db8::7\]:1"/.test(program.errors),
      "the client of v1",
    );

    const direct = new Client(await connectTcp(program.address("tls")));
    direct.send(connect);
    await direct.until(() => direct.closed || direct.ended);
    await program.until(() => program.errors.includes("code=proxy-header-refused"), "the refusal");
    // (It may be reset before it knows that it was connected.)
    const foreign = await connectTcp(program.address("tcp")).catch(() => null);
    await program.until(() => program.errors.includes("code=proxy-not-trusted"), "the other refusal");
    foreign?.destroy();

    writeFileSync(join(folder, "garden.crt"), fixture("cellar.crt"));
    await program.until(() => program.errors.includes("code=certificate-unusable"), "the complaint");
    assert.equal(await serial("garden.example", proxy.address), "4001");
    writeFileSync(join(folder, "garden.key"), fixture("cellar.key"));
    await program.until(() => program.errors.includes("code=certificate-reloaded"), "the new certificate");
    assert.equal(await serial("cellar.example", proxy.address), "4002");
    assert.equal(await serial("garden.example", proxy.address), "1001");
  },
);
