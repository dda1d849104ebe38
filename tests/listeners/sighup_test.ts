/** The program reads the certificates of all its listeners again. */

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { noPorts, Program } from "../harness/program.ts";
import { connectTls } from "../runtime/client.ts";
import { fixture } from "../runtime/transports.ts";

const folder = mkdtempSync(join(tmpdir(), "comqtt-"));
after(() => rmSync(folder, { recursive: true }));

test("sighup: an HTTPS listener gets its new certificate like the others", { timeout: 60_000 }, async () => {
  const tls = { cert: join(folder, "server.crt"), key: join(folder, "server.key") };
  const use = (name: string): void => {
    for (const kind of ["crt", "key"]) {
      const from = new URL(`../fixtures/tls/${name}.${kind}`, import.meta.url);
      copyFileSync(from, join(folder, `server.${kind}`));
    }
  };
  use("server");
  const config = join(folder, "config.yml");
  const listeners = ["tcp", "ws", "http"].map((type) => ({ type, address: "127.0.0.1:0", tls }));
  writeFileSync(config, JSON.stringify({ listeners }));
  await using program = await Program.start([...noPorts, "--conf", config]);
  const serials = (): Promise<string[]> =>
    Promise.all(["tls", "wss", "https"].map(async (protocol) => {
      const socket = await connectTls(program.address(protocol), { ca: fixture("authority.crt") });
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber.slice(-4);
    }));
  assert.deepEqual(await serials(), ["1001", "1001", "1001"]);
  use("renewed");
  program.kill("SIGHUP");
  await program.until(() => program.errors.split("was read again").length === 4, "the new certificates");
  assert.deepEqual(await serials(), ["1002", "1002", "1002"]);
  assert.doesNotMatch(program.errors, /keeps its certificate/);
});
