/** The commands of the page about users, as they stand there. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../harness/folder.ts";
import { commandLine, Program } from "../harness/program.ts";
import { anyPorts } from "../harness/program.ts";
import { run } from "../harness/run.ts";
import { needed } from "../interop/mosquitto.ts";
import { parseHash } from "../../hooks/auth/passwords/parse.ts";
import { vectors } from "../hooks/auth/passwords/vectors.ts";

const page = readFileSync(new URL("../../docs/access.md", import.meta.url), "utf8");
const [users, broker] = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, text]) => text!);

const quoted = (word: string): string => `'${word}'`;

/** Runs what stands there, with the program that is tested. */
async function shell(text: string, folder: string): Promise<string> {
  const script = `set -eu\ncomqtt() { ${commandLine().map(quoted).join(" ")} "$@"; }\n${text}`;
  const ran = await run("bash", ["-c", script], { patience: 60_000, folder });
  assert.equal(ran.code, 0, `${text}\n${ran.output}${ran.errors}`);
  return ran.output;
}

test("access page: its commands do what they say", needed, async () => {
  const folder = temporaryFolder();
  const said = await shell(users!, folder);
  assert.match(
    said,
    /^"thermometer" is a new user in "users"\nthermometer {2}argon2id\nThat is the password of "thermometer"\n$/,
  );
  const [start, publish] = broker!.trimEnd().split("\n");
  const options = start!.replace("comqtt ", "").replace(" users", ` ${join(folder, "users")}`).split(" ");
  await using program = await Program.start([...anyPorts, ...options]);
  const port = String(program.port("tcp"));
  await shell(publish!.replace("mosquitto_pub", `mosquitto_pub -p ${port}`), folder);
  const stranger = await run("mosquitto_pub", ["-p", port, "-t", "t", "-m", "m"], { patience: 20_000 });
  assert.notEqual(stranger.code, 0);
});

test("access page: every kind of hash in its table is one that is taken, and no other is", () => {
  const [, table] = /\| hash \|.*?\n\|[- |]+\n((?:\|.*\n)+)/.exec(page)!;
  const named = new Set([...table!.matchAll(/`\$([a-z0-9-]+)\$/g)].map(([, head]) => head!));
  const taken = new Set(
    vectors.filter(({ hash }) => parseHash(hash) !== null).map(({ hash }) => hash.split("$")[1]!),
  );
  assert.deepEqual([...named].toSorted(), [...taken].toSorted());
});
