/** Options of `pub` and `sub` one by one: certificates, wills, what is retained, and what has no broker. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { frameOf } from "../../src/client/websocket.ts";
import { ServerFrames } from "../../src/client/server_frames.ts";
import { PacketCutter } from "../../src/client/packet_cutter.ts";
import { linesOf } from "../../src/cli/commands/mqtt/lines.ts";
import { pubOptions } from "../../src/cli/commands/mqtt/options.ts";
import { conversion } from "../../src/cli/commands/mqtt/strftime.ts";
import { readUrl } from "../../src/cli/commands/mqtt/target.ts";
import { parseOwn } from "../../src/cli/own_options.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { needs } from "../harness/needs.ts";
import { noPorts, Program } from "../harness/program.ts";

const timeout = 120_000;
const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const openssl = needs("openssl", spawnSync("openssl", ["version"]).error === undefined);
const gnuDate = needs(
  "GNU date",
  spawnSync("date", ["--version"], { encoding: "utf8" }).stdout?.includes("GNU") === true,
);

function pub(...args: string[]): ReturnType<typeof Program.run> {
  return Program.run(["pub", ...args]);
}

test("pub: --cert and --key are shown to a broker that wants them", { timeout }, async () => {
  await using program = await Program.start([
    ...[...noPorts, "--tls", "127.0.0.1:0", "--tls-ca", fixture("authority.crt")],
    ...["--tls-cert", fixture("server.crt"), "--tls-key", fixture("server.key")],
  ]);
  const at = [
    "-p",
    String(program.port("tls")),
    "--cafile",
    fixture("authority.crt"),
    "-t",
    "x",
    "-m",
    "x",
    "-q",
    "1",
  ];
  const own = ["--cert", fixture("device.crt"), "--key", fixture("device.key")];
  const taken = await pub(...at, ...own);
  assert.deepEqual([taken.code, taken.errors], [0, ""]);
  const refused = await pub(...at);
  assert.equal(refused.code, 1);
  assert.match(refused.errors, /^comqtt: /);
  const half = await pub(...at, ...own.slice(0, 2));
  assert.match(half.errors, /Options --cert and --key belong together/);
});

test("pub: --insecure takes another name, and no other authority", { timeout, ...openssl }, async () => {
  const folder = temporaryFolder();
  const [key, cert] = [join(folder, "key"), join(folder, "cert")];
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-keyout", key, "-out", cert, "-subj", "/CN=other", "-addext", "subjectAltName=DNS:other.example"],
  ]);
  assert.equal(made.status, 0, String(made.stderr));
  await using program = await Program.start([
    ...noPorts,
    "--tls",
    "127.0.0.1:0",
    "--tls-cert",
    cert,
    "--tls-key",
    key,
  ]);
  const at = ["-p", String(program.port("tls")), "-t", "x", "-m", "x", "-q", "1"];
  const strict = await pub(...at, "--cafile", cert);
  assert.equal(strict.code, 1);
  assert.match(strict.errors, /its certificate is for another name/);
  const lax = await pub(...at, "--cafile", cert, "--insecure");
  assert.deepEqual([lax.code, lax.errors], [0, ""]);
  const foreign = await pub(...at, "--cafile", fixture("authority.crt"), "--insecure");
  assert.equal(foreign.code, 1);
  assert.match(foreign.errors, /of no authority that is trusted/);
});

test(
  "sub: a will with its properties is published when it is killed, and not when it ends",
  { timeout },
  async () => {
    await using program = await Program.start();
    const port = String(program.port("tcp"));
    const will = [
      ...["--will-topic", "will", "--will-payload", "gone", "--will-qos", "1", "--will-retain"],
      ...["-D", "will", "content-type", "text/plain", "-D", "will", "user-property", "a", "b"],
    ];
    const ended = await Program.run(["sub", "-p", port, "-t", "x", "-E", ...will]);
    assert.equal(ended.code, 0, ended.errors);
    assert.equal((await Program.run(["sub", "-p", port, "-t", "will", "-W", "1"])).output, "");
    {
      await using killed = Program.begin(["sub", "-p", port, "-t", "x", "-d", ...will]);
      await killed.until(() => killed.errors.includes("SUBACK"), "the subscription");
      killed.kill("SIGKILL");
      await killed.ended;
    }
    const said = await Program.run(["sub", "-V", "5", "-p", port, "-t", "will", "-C", "1", "-F", "%p %C %P"]);
    assert.equal(said.output, "gone text/plain a:b\n");
  },
);

test("sub: -R, --retained-only, -T and -U", { timeout }, async () => {
  await using program = await Program.start();
  const port = String(program.port("tcp"));
  for (const topic of ["r/1", "r/2"]) await pub("-p", port, "-t", topic, "-m", topic, "-r", "-q", "1");
  const sub = (...args: string[]): ReturnType<typeof Program.run> =>
    Program.run(["sub", "-p", port, ...args]);
  assert.equal((await sub("-t", "r/#", "-R", "-W", "1")).output, "");
  assert.equal((await sub("-t", "r/#", "-T", "r/1", "-W", "1")).output, "r/2\n");
  await using only = Program.begin(["sub", "-p", port, "-t", "r/#", "--retained-only"]);
  await only.until(() => only.output.split("\n").length === 3, "what is retained");
  await pub("-p", port, "-t", "r/3", "-m", "new");
  assert.equal((await only.ended).code, 0);
  assert.equal(only.output.split("\n").sort().join(" "), " r/1 r/2");
  const kept = ["-i", "kept", "-c", "-q", "1"];
  assert.equal((await sub(...kept, "-t", "k/#", "-E")).code, 0);
  assert.equal((await sub(...kept, "-U", "k/#")).code, 0);
  await pub("-p", port, "-t", "k/1", "-m", "x", "-q", "1");
  assert.equal((await sub(...kept, "-t", "none", "-W", "1")).output, "");
});

test("pub: --repeat sends the same again, after a delay", { timeout }, async () => {
  await using program = await Program.start();
  const port = String(program.port("tcp"));
  await using subscriber = Program.begin(["sub", "-p", port, "-t", "x", "-C", "3", "-q", "2", "-d"]);
  await subscriber.until(() => subscriber.errors.includes("SUBACK"), "the subscription");
  const begun = performance.now();
  const { code } = await pub(
    "-p",
    port,
    "-t",
    "x",
    "-m",
    "-5",
    "-q",
    "2",
    "--repeat",
    "3",
    "--repeat-delay",
    "0.2",
  );
  assert.equal(code, 0);
  assert.ok(performance.now() - begun > 390);
  await subscriber.ended;
  assert.equal(subscriber.output, "-5\n-5\n-5\n");
});

test("pub options: short ones in a row, values in the same word, and the last that counts", () => {
  const { given, operands } = parseOwn("pub", [
    "-rq1",
    "-t",
    "a",
    "-m",
    "--",
    "--qos=2",
    "-D",
    "publish",
    "user-property",
    "a",
    "b",
    "x",
  ], pubOptions);
  assert.deepEqual([given.has("retain"), given.last("qos"), given.last("message")], [true, "2", "--"]);
  assert.deepEqual(given.words("property"), [["publish", "user-property", "a", "b"]]);
  assert.deepEqual(operands, ["x"]);
});

test("pub options: URLs are taken apart, and names in them decoded", () => {
  const url = readUrl("mqtts://an%40na:p%3Aw@[::1]:9/a/b");
  assert.deepEqual(
    [url.transport, url.host, url.port, url.username, url.password, url.topic],
    ["tls", "::1", 9, "an@na", "p:w", "a/b"],
  );
  assert.deepEqual([readUrl("ws://h/a").path, readUrl("ws://h/a").topic], ["/mqtt", "a"]);
  assert.deepEqual([readUrl("wss://h/a/b?c", true).path, readUrl("wss://h/a/b?c", true).topic], [
    "/a/b?c",
    undefined,
  ]);
  for (const wrong of ["mqtt://", "h/x", "mqtt://h:0/x", "mqtt://h:x/x"]) assert.throws(() => readUrl(wrong));
});

test("sub formats: times are those of strftime", { timeout, ...gnuDate }, () => {
  const letters = [..."aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYz"];
  for (const time of [0, 1_704_067_200, 1_709_251_199, 1_735_689_600, 1_483_228_800, 1_798_761_600]) {
    const args = ["-d", `@${time}`, `+${letters.map((letter) => `%${letter}`).join("|")}`];
    const { stdout } = spawnSync("date", args, { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
    const own = letters.map((letter) => conversion(letter, new Date(time * 1000))).join("|");
    assert.equal(own, stdout.slice(0, -1));
  }
});

test("pub lines: chunks end anywhere", async () => {
  const bytes = new TextEncoder().encode("one\n\n\0two\nthree");
  for (let size = 1; size <= bytes.length; size++) {
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.slice(at, at + size));
    };
    const lines: string[] = [];
    for await (const line of linesOf(chunks(), 100)) lines.push(new TextDecoder().decode(line));
    assert.deepEqual(lines, ["one", "", "\0two", "three"]);
  }
});

test("client: packets are cut out of chunks that end anywhere", () => {
  const large = new Uint8Array(300);
  large.set([0x30, 0xa9, 0x02]);
  const bytes = Uint8Array.of(0xd0, 0, ...large, 0xd0, 0, 0x30, 1, 7);
  for (let size = 1; size <= bytes.length; size++) {
    const cutter = new PacketCutter();
    const found: number[][] = [];
    for (let at = 0; at < bytes.length; at += size) {
      cutter.read(bytes.slice(at, at + size), {
        packet: (all, start, end) => found.push([all[start]!, end - start]) > 0,
        malformed: () => assert.fail("malformed"),
      });
    }
    assert.deepEqual(found, [[0xd0, 2], [0x30, 300], [0xd0, 2], [0x30, 3]], String(size));
  }
  let faults = 0;
  new PacketCutter().read(Uint8Array.of(0x30, 255, 255, 255, 255, 1), {
    packet: () => true,
    malformed: () => faults++,
  });
  assert.equal(faults, 1);
});

test("client: WebSocket frames of a server, in chunks that end anywhere, and what it must not send", () => {
  const payload = new Uint8Array(300).map((_, i) => i);
  const bytes = Uint8Array.of(0x02, 2, 1, 2, 0x89, 1, 9, 0x80, 126, 1, 44, ...payload, 0x88, 0);
  for (let size = 1; size <= bytes.length; size++) {
    const got: number[] = [];
    const said: string[] = [];
    const frames = new ServerFrames({
      payload: (part) => void got.push(...part),
      ping: (part) => void said.push(`ping ${part}`),
      close: () => void said.push("close"),
      fault: (text) => void said.push(text),
    });
    for (let at = 0; at < bytes.length; at += size) frames.read(bytes.slice(at, at + size));
    assert.deepEqual(got, [1, 2, ...payload]);
    assert.deepEqual(said, ["ping 9", "close"]);
  }
  for (const wrong of [[0x82, 0x81, 0, 0, 0, 0, 1], [0x81, 1, 1], [0x89, 126, 1, 0]]) {
    const faults: string[] = [];
    const frames = new ServerFrames({
      payload: () => {},
      ping: () => {},
      close: () => {},
      fault: (text) => void faults.push(text),
    });
    frames.read(Uint8Array.from(wrong));
    assert.equal(faults.length, 1);
  }
  for (const length of [0, 125, 126, 65_535, 65_536]) {
    const frame = frameOf(2, new Uint8Array(length).fill(7));
    assert.ok(frame[1]! >= 0x80);
    const at = frame.length - length;
    for (let i = 0; i < length; i += 1000) assert.equal(frame[at + i]! ^ frame[at - 4 + (i & 3)]!, 7);
  }
});
