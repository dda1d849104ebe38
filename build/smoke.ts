/**
 * Proves the executable: `--bun` builds it, takes the sources away and drives it with real clients; `--deno` checks
 * `deno compile` as far as it goes without its base binary.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import mqtt from "mqtt";
import { compileWithBun } from "./compile_bun.ts";
import { checkWithDeno } from "./compile_deno.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Starts it on free ports; its lines up to the one that says it is ready. */
async function start(
  executable: string,
  folder: string,
  more: readonly string[] = [],
): Promise<{ child: ChildProcess; lines: string }> {
  const any = "127.0.0.1:0";
  const child = spawn(executable, ["--tcp", any, "--ws", any, "--http", any, ...more], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let lines = "";
  for await (const chunk of child.stdout!) {
    lines += chunk;
    if (lines.includes("is ready")) return { child, lines };
  }
  throw new Error(`The executable ended before it was ready:\n${lines}`);
}

function addressOf(lines: string, protocol: string): string {
  const found = lines.split("\n").map((line) => line.trim().split(/\s+/)).find(([name]) => name === protocol);
  assert.ok(found?.[1], `no ${protocol} address in:\n${lines}`);
  return found[1];
}

/** mosquitto_sub gets what mosquitto_pub sends, in every version and QoS. */
async function mosquitto(address: string): Promise<void> {
  const port = address.slice(address.lastIndexOf(":") + 1);
  for (const version of ["mqttv31", "mqttv311", "mqttv5"]) {
    for (const qos of ["0", "1", "2"]) {
      const topic = `smoke/${version}/${qos}`;
      const publish = spawnSync("mosquitto_pub", [
        ...["-p", port, "-V", version, "-q", qos, "-t", topic, "-m", `${version} ${qos}`, "-r"],
      ]);
      assert.equal(publish.status, 0, String(publish.stderr));
      const got = spawnSync("mosquitto_sub", [
        ...["-p", port, "-V", version, "-q", qos, "-t", topic, "-C", "1", "-W", "5"],
      ], { encoding: "utf8" });
      assert.equal(got.stdout, `${version} ${qos}\n`, got.stderr);
    }
  }
  await Promise.resolve();
}

/** Its own clients find it, and each other. */
function ownClients(executable: string, address: string): void {
  const at = ["-p", address.slice(address.lastIndexOf(":") + 1), "-t", "smoke/own", "-q", "2"];
  const publish = spawnSync(executable, ["pub", ...at, "-m", "from itself", "-r"]);
  assert.equal(publish.status, 0, String(publish.stderr));
  const got = spawnSync(executable, ["sub", ...at, "-C", "1", "-W", "5"], { encoding: "utf8" });
  assert.equal(got.stdout, "from itself\n", got.stderr);
}

async function mqttJs(address: string): Promise<void> {
  for (const protocolVersion of [4, 5] as const) {
    const client = await mqtt.connectAsync(`ws://${address}`, { protocolVersion });
    const received = new Promise<string>((done) =>
      client.on("message", (_topic, payload) => done(String(payload)))
    );
    await client.subscribeAsync("smoke/ws", { qos: 2 });
    await client.publishAsync("smoke/ws", `over WebSocket ${protocolVersion}`, { qos: 2 });
    assert.equal(await received, `over WebSocket ${protocolVersion}`);
    await client.endAsync();
  }
}

async function http(address: string): Promise<void> {
  assert.equal((await fetch(`http://${address}/healthcheck`)).status, 200);
  const info = await (await fetch(`http://${address}/`)).json() as { messages_received: number };
  assert.ok(info.messages_received >= 9);
}

/** What was acknowledged is there after `kill -9`. */
async function kept(executable: string, folder: string, storage: readonly string[]): Promise<void> {
  const keeper = ["-i", "keeper", "-c", "-q", "1", "-t", "kept", "-W", "5"];
  {
    const { child, lines } = await start(executable, folder, storage);
    const port = portOf(lines);
    assert.equal(spawnSync("mosquitto_sub", ["-p", port, ...keeper, "-E"]).status, 0);
    assert.equal(
      spawnSync("mosquitto_pub", ["-p", port, "-q", "2", "-t", "kept", "-m", "still there"]).status,
      0,
    );
    const ended = new Promise((done) => child.on("exit", done));
    process.kill(child.pid!, "SIGKILL");
    await ended;
  }
  const { child, lines } = await start(executable, folder, storage);
  try {
    const got = spawnSync("mosquitto_sub", ["-p", portOf(lines), ...keeper, "-C", "1"], { encoding: "utf8" });
    assert.equal(got.stdout, "still there\n", got.stderr);
  } finally {
    child.kill("SIGKILL");
  }
}

function portOf(lines: string): string {
  const address = addressOf(lines, "tcp");
  return address.slice(address.lastIndexOf(":") + 1);
}

async function storages(executable: string, folder: string): Promise<void> {
  await kept(executable, folder, ["--data", "data"]);
  for (const args of [["backup", "backup.db", "--data", "data"], ["inspect", "backup.db"]]) {
    const run = spawnSync(executable, args, { cwd: folder, encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
    console.log(run.stdout.trim().split("\n")[0]);
  }
  const redis = process.env.COMQTT_TEST_REDIS;
  if (redis === undefined) console.log("Without COMQTT_TEST_REDIS the executable is not tried with Redis");
  else await kept(executable, folder, ["--storage-url", redis]);
}

/** A user that it has made itself gets in, others do not. */
async function users(executable: string, folder: string): Promise<void> {
  const made = spawnSync(executable, ["passwd", "add", "anna", "--users", "users"], {
    cwd: folder,
    input: "secret",
  });
  assert.equal(made.status, 0, String(made.stderr));
  assert.match(readFileSync(join(folder, "users"), "utf8"), /^anna:\$argon2id\$/);
  const { child, lines } = await start(executable, folder, ["--users", "users"]);
  try {
    const message = ["-p", portOf(lines), "-t", "smoke/users", "-m", "x", "-q", "1"];
    const ends = (...who: string[]): number | null => spawnSync("mosquitto_pub", [...message, ...who]).status;
    assert.equal(ends("-u", "anna", "-P", "secret"), 0);
    assert.notEqual(ends("-u", "anna", "-P", "Secret"), 0);
    assert.notEqual(ends(), 0);
  } finally {
    child.kill("SIGKILL");
  }
}

async function smokeBun(): Promise<void> {
  const sources = mkdtempSync(join(tmpdir(), "comqtt-sources-"));
  const folder = mkdtempSync(join(tmpdir(), "comqtt-smoke-"));
  try {
    for (
      const name of [
        "build",
        "mod.ts",
        "package.json",
        "deno.json",
        "src",
        "hooks",
        "dashboard",
        "node_modules",
      ]
    ) {
      cpSync(join(root, name), join(sources, name), { recursive: true });
    }
    const executable = join(folder, "comqtt");
    compileWithBun(executable, sources);
    rmSync(sources, { recursive: true });
    const { child, lines } = await start(executable, folder);
    try {
      await mosquitto(addressOf(lines, "tcp"));
      ownClients(executable, addressOf(lines, "tcp"));
      await mqttJs(addressOf(lines, "ws"));
      await http(addressOf(lines, "http"));
      const ended = new Promise<number | string | null>((done) =>
        child.on("exit", (code, signal) => done(code ?? signal))
      );
      const asked = Date.now();
      // (Not `child.kill`: with it Deno reports the signal instead of the exit code.)
      process.kill(child.pid!, "SIGTERM");
      assert.equal(await ended, 0);
      assert.ok(Date.now() - asked < 5000, "it took longer than five seconds to close");
      await storages(executable, folder);
      await users(executable, folder);
    } finally {
      child.kill("SIGKILL");
    }
  } finally {
    rmSync(sources, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv.includes("--deno")) console.log(checkWithDeno().trim().split("\n").slice(-3).join("\n"));
else await smokeBun();
console.log("The executable works");
process.exit(0);
