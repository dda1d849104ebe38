/** The page for the first ten minutes: its units, its configuration and its commands, in a folder instead of the system. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { fileLayer } from "../../src/config/file.ts";
import { needed as mosquitto, run as runMosquitto } from "../interop/mosquitto.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { needs } from "../harness/needs.ts";
import { Program } from "../harness/program.ts";
import { run } from "../harness/run.ts";
import { deno } from "../package/tools.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/start.md"), "utf8");

interface Block {
  readonly chapter: string;
  readonly language: string;
  /** The last path that was named before it. */
  readonly file: string;
  readonly text: string;
}

const blocks: readonly Block[] = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map((match) => {
  const above = page.slice(0, match.index);
  const chapter = [...above.matchAll(/^## (.+)$/gm)].at(-1)?.[1] ?? "";
  const file = [...above.matchAll(/`(\/[^`]+)`/g)].at(-1)?.[1] ?? "";
  return { chapter, language: match[1]!, file, text: match[2]! };
});

const commands = (chapter: string): readonly Block[] =>
  blocks.filter((block) => block.language === "sh" && block.chapter === chapter);
const units = blocks.filter(({ language }) => language === "ini");
const yaml = blocks.find(({ language }) => language === "yaml")!.text;

let system: string;
before(() => {
  system = temporaryFolder();
  for (const name of ["etc/comqtt", "var/lib/comqtt", "var/cache/comqtt", "bin"]) {
    mkdirSync(join(system, name), { recursive: true });
  }
});

/** Its paths, and the address that devices use, are those of the test. */
function here(text: string): string {
  return text.replaceAll("/etc/comqtt", join(system, "etc/comqtt"))
    .replaceAll("/var/lib/comqtt", join(system, "var/lib/comqtt"))
    // (The packages that are there are used.)
    .replaceAll(/(?:Environment=)?DENO_DIR=\/var\/cache\/comqtt ?(?:DENO_NO_UPDATE_CHECK=1)?/g, "")
    .replaceAll("/usr/local/bin/deno", deno.command)
    .replaceAll("/opt/comqtt/", root)
    .replaceAll("192.168.1.20", "127.0.0.1");
}

/** Runs commands as they stand there, but for who does it, and for services. */
async function shell(text: string): Promise<string> {
  const script = [
    "set -eu",
    'sudo() { if [ "$1" = -u ]; then shift 2; fi; "$@"; }',
    "systemctl() { :; }",
    "chgrp() { :; }",
    `deno() { command ${JSON.stringify(deno.command)} "$@"; }`,
    here(text),
  ].join("\n");
  const ran = await run("bash", ["-c", script], { patience: 60_000, folder: system });
  assert.equal(ran.code, 0, `${text}\n${ran.output}${ran.errors}`);
  return ran.output;
}

const openssl = needs("openssl", spawnSync("openssl", ["version"]).error === undefined);
const analyze = needs("systemd", spawnSync("systemd-analyze", ["--version"]).error === undefined);

test("start page: the units are such as systemd takes", { ...analyze, ...deno.needed }, async () => {
  assert.deepEqual(units.map(({ file }) => file), [
    "/etc/systemd/system/comqtt.service",
    "/etc/systemd/system/comqtt-backup.service",
    "/etc/systemd/system/comqtt-backup.timer",
  ]);
  const paths = units.map(({ file, text }) => {
    const path = join(system, file.split("/").at(-1)!);
    writeFileSync(path, here(text));
    return path;
  });
  const { code, output, errors } = await run("systemd-analyze", ["verify", ...paths], { patience: 30_000 });
  const ours = `${output}${errors}`.split("\n").filter((line) => line.includes("comqtt"));
  assert.deepEqual({ code, ours }, { code: 0, ours: [] });
});

test("start page: the configuration is one", () => {
  assert.deepEqual(fileLayer({ file: "comqtt.yml", text: yaml }).problems, []);
});

test(
  "start page: from certificates to a message, a backup and back",
  { ...openssl, ...mosquitto, ...deno.needed },
  async () => {
    for (const { text } of commands("Certificates")) await shell(text);
    const etc = (name: string): string => join(system, "etc/comqtt", name);
    writeFileSync(etc("comqtt.yml"), here(yaml).replace(/":8883"|127\.0\.0\.1:\d+/g, "127.0.0.1:0"));
    await using program = await Program.start(serviceOptions());
    assert.match(program.output, /^Storage: .*survives the end of the process/m);
    const device = ["-h", "127.0.0.1", "-p", String(program.port("tls")), "--cafile", etc("authority.crt")];
    const certificate = ["--cert", etc("thermometer.crt"), "--key", etc("thermometer.key")];
    const message = ["-t", "greenhouse/temperature", "-m", "21.5", "-q", "1", "-r"];
    const published = await runMosquitto("mosquitto_pub", [...device, ...certificate, ...message]);
    assert.equal(published.code, 0, published.errors);
    const stranger = await runMosquitto("mosquitto_pub", [...device, ...message]);
    assert.notEqual(stranger.code, 0, "without a certificate nobody gets in");

    const [backup, restore] = commands("Backup").filter(({ text }) => text.includes("--data"));
    assert.match(await shell(backup!.text), /has everything/);
    program.kill("SIGTERM");
    assert.equal((await program.ended).code, 0);
    assert.match(await shell(restore!.text), /has everything .*; what was there is kept as /s);
    await using again = await Program.start(serviceOptions());
    const local = ["-p", String(again.port("tcp")), "-t", "#", "-C", "1", "-W", "5"];
    assert.equal((await runMosquitto("mosquitto_sub", local)).output, "21.5\n");
  },
);

test(
  "start page: a device with a password of many that were made up is let in, and may what acl says",
  { ...openssl, ...mosquitto, ...deno.needed },
  async () => {
    const many = commands("Passwords").find(({ text }) => text.includes("seq"))!.text;
    const data = join(system, "var/lib/comqtt-passwords");
    await shell(many.replace("1 50", "1 2").replaceAll("/var/lib/comqtt", "/var/lib/comqtt-passwords"));
    const settings =
      blocks.find(({ chapter, language }) => chapter === "Passwords" && language === "yaml")!.text;
    const conf = join(system, "passwords.yml");
    writeFileSync(conf, `listeners: [{ type: tcp, address: 127.0.0.1:0 }]\ndata: ${data}\n${settings}`);
    await using program = await Program.start(["--conf", conf]);
    const [, name, password] = /^(sensor-2) (.+)$/m.exec(
      readFileSync(join(system, "passwords.txt"), "utf8"),
    )!;
    const publish = async (topic: string, secret: string): Promise<string> => {
      const who = ["-V", "5", "-p", String(program.port("tcp")), "-u", name!, "-P", secret];
      return (await runMosquitto("mosquitto_pub", [...who, "-t", topic, "-m", "1", "-q", "1"])).errors;
    };
    assert.equal(await publish("greenhouse/temperature", password!), "");
    assert.match(await publish("elsewhere", password!), /Not authorized/);
    assert.match(await publish("greenhouse/temperature", "wrong"), /Bad User Name or Password/);
  },
);

/** What the service starts the program with. */
function serviceOptions(): string[] {
  const line = /^ExecStart=(.*)$/m.exec(here(units[0]!.text))![1]!;
  const [before, after] = line.split("main.ts ");
  assert.equal(before, `${deno.command} run -A ${root}`);
  return after!.split(" ");
}

test("start page: the backup of every night is made, and old ones go", deno.needed, async () => {
  const data = join(system, "var/lib/comqtt");
  const listeners = ["--tcp", "127.0.0.1:0", "--ws", "off", "--http", "off"];
  await using _program = await Program.start([...listeners, "--data", data]);
  const backups = (): string[] => readdirSync(data).filter((name) => name.startsWith("backup-"));
  for (const name of backups()) rmSync(join(data, name));
  const old = join(data, "backup-2020-01-01.db");
  writeFileSync(old, "");
  utimesSync(old, 0, 0);
  for (const [, line] of units[1]!.text.matchAll(/^ExecStart(?:Post)?=(.*)$/gm)) {
    // (What systemd makes of doubled signs.)
    await shell(line!.replaceAll("$$", "$").replaceAll("%%", "%"));
  }
  assert.equal(backups().length, 1, backups().join());
  assert.notEqual(backups()[0], "backup-2020-01-01.db");
});

test("start page: the versions it asks for are those of the manifest", () => {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    engines: Record<string, string>;
  };
  for (const [name, runtime] of [["Deno", "deno"], ["Bun", "bun"]] as const) {
    const [, version] = new RegExp(`${name} (?:has to be )?(\\d+\\.\\d+\\.\\d+) or newer`).exec(page) ?? [];
    assert.equal(`>=${version}`, engines[runtime]);
  }
});

test("start page: the pages and files it names are there", () => {
  for (const [, path] of page.matchAll(/\]\(([^)#]+)/g)) {
    assert.ok(existsSync(join(root, "docs", path!)), path);
  }
});
