/** What operating system and runtime do not permit, in one line; nothing comes up as an uncaught error. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { runtimeName } from "../../src/runtime/process.ts";

const timeout = 30_000;
const base = new URL("../../", import.meta.url).href;

const script = `
import { HttpListener } from "${base}src/listeners/http.ts";
import { TcpListener } from "${base}src/listeners/tcp.ts";
import { UnixListener } from "${base}src/listeners/unix.ts";
import { WebSocketListener } from "${base}src/listeners/websocket.ts";
const tls = { cert: "${file("server.crt")}", key: "${file("server.key")}" };
const handler = () => new Response("");
const host = { accept() { throw new Error("accept"); }, log() {} };
for (const address of ["127.0.0.1:0", ":0"]) {
  for (const listener of [
    new TcpListener({ id: "t", address }),
    new TcpListener({ id: "t", address, tls }),
    new WebSocketListener({ id: "t", address }),
    new WebSocketListener({ id: "t", address, tls }),
    new HttpListener({ id: "t", address, handler }),
    new HttpListener({ id: "t", address, handler, tls }),
    new UnixListener({ id: "t", path: "/tmp/comqtt-permission-test" }),
  ]) {
    try {
      await listener.open(host);
      console.log(listener.protocol + " opened");
      await listener.close();
    } catch (error) {
      console.log(error.name + ": " + error.message);
    }
  }
}
`;

function file(name: string): string {
  return new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;
}

function run(flags: string[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "comqtt-"));
  const path = join(folder, "script.ts");
  writeFileSync(path, script);
  const child = spawn(process.execPath, ["run", "--no-check", "--no-prompt", ...flags, path]);
  let output = "";
  const collect = (bytes: Uint8Array): void => void (output += new TextDecoder().decode(bytes));
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  return new Promise((resolve) =>
    child.on("close", () => {
      rmSync(folder, { recursive: true });
      resolve(output.trim().split("\n"));
    })
  );
}

const patience = { timeout };

// Bun has no permissions: there is nothing to test there.
const describeOnDeno: typeof describe = runtimeName === "deno" ? describe : (() => {}) as typeof describe;

describeOnDeno("listener permissions", () => {
  it("no net permission", patience, async () => {
    const lines = await run(["--allow-read", "--allow-net=127.0.0.1:1"]);
    assert.equal(lines.length, 14, lines.join("\n"));
    for (const line of lines) {
      assert.match(
        line,
        /^ListenerError: Cannot open the (tcp|tls|wss?|https?|unix) listener "t" at ".*": Deno was started without (net|write) access to ".*"$/,
      );
    }
  });

  it("no read permission for the certificate", patience, async () => {
    const lines = await run([
      "--allow-net",
      `--allow-read=${new URL("../../src", import.meta.url).pathname}`,
    ]);
    assert.equal(lines.filter((line) => line.endsWith(" opened")).length, 6, lines.join("\n"));
    for (const line of lines.filter((line) => line.includes('"127.0.0.1:0"'))) {
      assert.match(
        line,
        /the certificate ".*" cannot be read: Deno was started without read access to ".*"$/,
      );
    }
  });

  it("a permission for IPv4 only is enough", patience, async () => {
    const lines = await run(["--allow-read", "--allow-net=0.0.0.0"]);
    assert.deepEqual(lines.filter((line) => line.endsWith(" opened")).map((line) => line.split(" ")[0]), [
      "tcp",
      "tls",
      "ws",
      "wss",
      "http",
      "https",
    ]);
  });
});
