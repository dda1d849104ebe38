/** What the README says is so. */

import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { defaultLimits, type Limits } from "../../src/core/options.ts";
import { options } from "../../src/cli/options.ts";
import { HOOK_EVENTS } from "../../src/hook/dispatcher.ts";
import { runtimeName } from "../../src/runtime/process.ts";
import { oldestVersions } from "../../src/runtime/supported.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { Program } from "../harness/program.ts";
import { denoManifest } from "../package/manifests.ts";
import { codeIn, tableUnder } from "./tables.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

test("README: the two commands stand right after the first three lines", () => {
  const lines = readme.split("\n");
  assert.deepEqual(lines.slice(0, 2), ["# comqtt", ""]);
  assert.equal(lines[5], "");
  assert.deepEqual(lines.slice(6, 10).map((line) => line.replace(/ +#.*/, "")), [
    "```sh",
    "npx -y deno run -A main.ts",
    "npx -y deno task test",
    "```",
  ]);
});

test("README: the versions it asks for are those that are taken", () => {
  for (const [name, oldest] of [["Deno", oldestVersions.deno], ["Bun", oldestVersions.bun]]) {
    assert.ok(readme.includes(`${name} ${oldest} or newer`), name);
  }
  assert.equal(oldestVersions.node.split(".")[0], /Node (\d+) runs it/.exec(readme)?.[1]);
});

test("README: a start says what it shows", async () => {
  const [, shown] = /```\n\$ deno run -A main\.ts\n(.*?)```/s.exec(readme) ?? [];
  await using program = await Program.start();
  const plain = (text: string): string =>
    text.replace(/\((deno|bun) [\d.]+\)/, "(runtime)").replace(/^( +\w+ +127\.0\.0\.1):\d+$/gm, "$1:PORT");
  assert.equal(plain(program.output), plain(shown!));
});

test("README: every option, task, file and page it names is there", () => {
  const first = codeIn(tableUnder(readme, "## What you get").map(([cell]) => cell!).join(" "));
  const names = first.flatMap((code) => [...code.matchAll(/--([a-z-]+)/g)].map(([, name]) => name!));
  assert.ok(names.length > 8);
  for (const name of names) assert.ok(options.some((option) => option.name === name), name);
  for (const [, task] of readme.matchAll(/deno task ([a-z:]+)/g)) {
    assert.ok(task! in denoManifest.tasks, task);
  }
  for (const [, path] of readme.matchAll(/\]\(([^)#]+)/g)) assert.ok(existsSync(join(root, path!)), path);
  for (const [, entry] of readme.matchAll(/`@comqtt\/comqtt(\/[a-z/-]+)`/g)) {
    assert.ok(`.${entry}` in denoManifest.exports, entry);
  }
});

test("README: every task of the manifest stands there, too", () => {
  for (const task of Object.keys(denoManifest.tasks)) {
    assert.ok(readme.includes(`\`deno task ${task}\``), task);
  }
});

test("README: the limits are the defaults", () => {
  const named = new Set<string>();
  for (const [names, values] of tableUnder(readme, "## Limits")) {
    const keys = codeIn(names!) as (keyof Limits)[];
    const shown = values!.split(/, (?=\d)/);
    assert.equal(shown.length, keys.length, names);
    for (const [i, key] of keys.entries()) {
      named.add(key);
      assert.equal(valueOf(shown[i]!), defaultLimits[key], key);
    }
  }
  assert.deepEqual([...named].toSorted(), Object.keys(defaultLimits).toSorted());
});

/** `10 s`, `64 KiB`, `1,024 bytes`, `10,000 a second`. */
function valueOf(text: string): number {
  const [, digits, unit = ""] = /^([\d,]+)(?: (s|KiB|MiB))?/.exec(text) ?? [];
  const factors: Readonly<Record<string, number>> = { "": 1, s: 1000, KiB: 1024, MiB: 1024 ** 2 };
  return Number(digits!.replaceAll(",", "")) * factors[unit]!;
}

test("README: its configuration of access can be used, with what its commands make", async () => {
  const folder = temporaryFolder();
  const rows = tableUnder(readme, "## Access").map(([cell]) => codeIn(cell!)[0]!).filter((one) =>
    one.startsWith("deno run -A main.ts ")
  );
  assert.equal(rows.length, 4);
  for (const row of rows) {
    const [, , , , ...args] = row.replace("FILE", "users").replace("DIR", "data").split(" ");
    // (It asks a broker that runs, and there is none.)
    const asks = args[0] === "explain";
    const { code, errors } = await Program.run(args, { folder, input: "a long secret" });
    assert.equal(code, asks ? 2 : 0, `${row}: ${errors}`);
    if (asks) assert.match(errors, /comqtt\.sock/);
  }
  const [, text] = /```yaml\n(.*?)```/s.exec(readme.slice(readme.indexOf("## Access"))) ?? [];
  writeFileSync(join(folder, "a.yml"), text!);
  cpSync(join(folder, "users"), join(folder, "mosquitto.passwd"));
  writeFileSync(join(folder, "mosquitto.acl"), "topic read a\n");
  const { code, errors, output } = await Program.run(["config", "check", "a.yml"], { folder });
  assert.deepEqual([code, errors], [0, ""], output);
});

test("README: so many hook events there are", () => {
  const [, count, first, last] = /(\d+) of them from `(\w+)` to `(\w+)`/.exec(readme)!;
  assert.equal(Number(count), HOOK_EVENTS.length);
  for (const event of [first!, last!]) assert.ok((HOOK_EVENTS as readonly string[]).includes(event), event);
});

test("README: its program, put into a clone where nothing is installed, prints what it says and goes on", async () => {
  const [, code] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  const clone = temporaryFolder();
  const names = [...denoManifest.publish.include, "package.json", "deno.lock", "bun.lock"];
  for (const name of names) cpSync(join(root, name), join(clone, name), { recursive: true });
  writeFileSync(join(clone, "app.ts"), code!.replace(":1883", ":0"));
  const before = runtimeName === "deno" ? ["run", "-A", "--quiet"] : [];
  await using program = Program.of([process.execPath, ...before, "app.ts"], { folder: clone });
  await program.until(() => program.output.includes("greenhouse/light on\n"), "what it prints");
  // (What would have ended by itself has ended when another broker has started and stopped.)
  await using other = await Program.start();
  other.kill("SIGTERM");
  await other.ended;
  assert.equal(program.alive, true);
});
