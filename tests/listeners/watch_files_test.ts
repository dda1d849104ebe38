/** Certificate files that change while a listener is open. */

import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { TcpListener } from "../../src/listeners/tcp.ts";
import { FileWatch } from "../../src/listeners/watch_files.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { until } from "../harness/time.ts";
import { connectTls } from "../runtime/client.ts";
import { turns } from "../runtime/recorder.ts";
import { fixture } from "../runtime/transports.ts";
import { Host } from "./host.ts";

const timeout = 30_000;
const quick = { every: 5, settle: 5 };

async function watched(paths: readonly string[], run: (calls: () => number) => Promise<void>): Promise<void> {
  let calls = 0;
  const watch = new FileWatch(paths, () => {
    calls++;
    return Promise.resolve();
  }, quick);
  await watch.look();
  watch.start();
  await run(() => calls);
  watch.stop();
}

/** Several looks have passed. */
async function aWhile(): Promise<void> {
  for (let i = 0; i < 12; i++) await new Promise((done) => setTimeout(done, 5));
}

describe("file watch", () => {
  it("a file that is written again, renamed into place, or removed, once each", { timeout }, async () => {
    const path = join(temporaryFolder(), "a");
    writeFileSync(path, "one");
    await watched([path], async (calls) => {
      await aWhile();
      assert.equal(calls(), 0);
      writeFileSync(path, "two, longer");
      await until(() => calls() === 1, "the first change");
      writeFileSync(`${path}.new`, "two, longer");
      renameSync(`${path}.new`, path);
      await until(() => calls() === 2, "the rename");
      rmSync(path);
      await until(() => calls() === 3, "the removal");
      writeFileSync(path, "back");
      await until(() => calls() === 4, "the return");
      await aWhile();
      assert.equal(calls(), 4);
    });
  });

  it("a folder that is exchanged by a symbolic link, as Kubernetes does it", { timeout }, async () => {
    const folder = temporaryFolder();
    for (const version of ["v1", "v2"]) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, "tls.crt"), "same");
    }
    symlinkSync("v1", join(folder, "..data"));
    symlinkSync("..data/tls.crt", join(folder, "tls.crt"));
    await watched([join(folder, "tls.crt")], async (calls) => {
      symlinkSync("v2", join(folder, "..tmp"));
      renameSync(join(folder, "..tmp"), join(folder, "..data"));
      await until(() => calls() === 1, "the exchange");
    });
  });

  it("files that are being written are left alone", { timeout }, async () => {
    const path = join(temporaryFolder(), "a");
    writeFileSync(path, "");
    let calls = 0;
    const watch = new FileWatch([path], () => {
      calls++;
      return Promise.resolve();
    }, { every: 5, settle: 300 });
    await watch.look();
    watch.start();
    for (let i = 1; i < 40; i++) {
      writeFileSync(path, "x".repeat(i));
      await new Promise((done) => setTimeout(done, 5));
    }
    assert.equal(calls, 0);
    await until(() => calls === 1, "the end of it");
    watch.stop();
  });

  it("nothing happens after it was stopped", async () => {
    const path = join(temporaryFolder(), "a");
    writeFileSync(path, "one");
    let calls = 0;
    const watch = new FileWatch([path], () => Promise.resolve(void calls++), quick);
    await watch.look();
    watch.start();
    watch.stop();
    writeFileSync(path, "two, longer");
    await aWhile();
    assert.equal(calls, 0);
  });
});

describe("certificates that change", () => {
  it(
    "are taken when both files fit, are said once when they do not, and connected clients stay",
    { timeout },
    async () => {
      const folder = temporaryFolder();
      const [cert, key] = [join(folder, "a.crt"), join(folder, "a.key")];
      writeFileSync(cert, fixture("server.crt"));
      writeFileSync(key, fixture("server.key"));
      const host = new Host();
      const listener = new TcpListener({ id: "t", address: "127.0.0.1:0", tls: { cert, key } });
      await listener.open(host);
      const connect = () => connectTls(listener.address, { ca: fixture("authority.crt") });
      const serial = async (): Promise<string> => {
        const socket = await connect();
        const { serialNumber } = socket.getPeerCertificate();
        socket.destroy();
        return serialNumber.slice(-4);
      };
      // (A client that goes at once is perhaps not done for the server.)
      const told = (): string[] => host.lines.filter((line) => line.startsWith("told"));
      const stays = await connect();
      const stream = await host.stream();
      assert.equal(await serial(), "1001");
      writeFileSync(cert, fixture("renewed.crt"));
      await until(() => told().length === 1, "the complaint");
      assert.match(
        told()[0]!,
        /^told certificate-unusable t: .*a\.crt, .*a\.key: The private key ".*" does not belong to the certificate ".*"$/,
      );
      assert.equal(await serial(), "1001");
      writeFileSync(key, fixture("renewed.key"));
      await until(() => told().length === 2, "the new certificate");
      assert.match(told()[1]!, /^told certificate-reloaded t: .*a\.crt, .*a\.key: undefined$/);
      assert.equal(await serial(), "1002");
      stays.write(Uint8Array.of(7));
      await stream.until(({ received }) => received === 1);
      stays.destroy();
      await listener.close();
      await turns();
      assert.equal(told().length, 2);
    },
  );

  it("are left alone when nobody is to look", { timeout }, async () => {
    const path = join(temporaryFolder(), "a.pem");
    writeFileSync(path, fixture("server.crt") + fixture("server.key"));
    const host = new Host();
    const listener = new TcpListener({
      id: "t",
      address: "127.0.0.1:0",
      tls: { cert: path, key: path, watch: false },
    });
    await listener.open(host);
    writeFileSync(path, "nothing");
    await new Promise((done) => setTimeout(done, 3000));
    assert.deepEqual(host.lines, []);
    await listener.close();
  });
});
