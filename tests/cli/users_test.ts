/** The program with `--users`: who gets in, what it says of itself, and what becomes of a change of the file. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../harness/folder.ts";
import { until } from "../harness/mod.ts";
import { needs } from "../harness/needs.ts";
import { anyPorts, noPorts, Program } from "../harness/program.ts";
import { socketClient } from "../harness/socket_client.ts";
import { needed, run } from "../interop/mosquitto.ts";

/** Of "secret", by mosquitto_passwd 2.0. */
const hash =
  "$7$101$KgvP0/D23IU9TXgf$EVu68QOzT2AkN1mqlOGTdKrCg+eFwcz5+W7JyOj3bdfBy6vVNtPmQjUEwwR51wYzJz0d87kLpgbjl77To6s2PA==";

function usersFile(text: string): string {
  const file = join(temporaryFolder(), "users");
  writeFileSync(file, text);
  return file;
}

/** The return code of a CONNECT. */
async function code(
  program: Program,
  username: string | null,
  password: string | null,
  version: 3 | 4 | 5 = 4,
): Promise<number> {
  const client = await socketClient(program.port("tcp"), version);
  const bytes = password === null ? null : new TextEncoder().encode(password);
  const { reasonCode } = await client.connect({ clientId: "c", username, password: bytes });
  client.close();
  return reasonCode;
}

test("users: only users get in, and it says so", async () => {
  await using program = await Program.start([...anyPorts, "--users", usersFile(`anna:${hash}\n`)]);
  assert.match(
    program.output,
    /^Only this machine can connect, and only with a password; to let others in: --tcp :1883$/m,
  );
  for (const version of [3, 4, 5] as const) {
    const refused = version === 5 ? 0x86 : 4;
    assert.equal(await code(program, "anna", "secret", version), 0);
    assert.equal(await code(program, "anna", "Secret", version), refused);
    assert.equal(await code(program, "anna", null, version), refused);
    assert.equal(await code(program, "bert", "secret", version), refused);
    assert.equal(await code(program, null, null, version), refused);
  }
  assert.doesNotMatch(program.errors, /secret|EVu68/i);
});

test("users: other machines are no reason for a warning where a password is needed", async () => {
  const file = usersFile(`anna:${hash}\n`);
  await using program = await Program.start([
    ...noPorts,
    "--tcp",
    ":0",
    "--http",
    "0.0.0.0:0",
    "--users",
    file,
  ]);
  assert.doesNotMatch(program.output, /Only this machine/);
  program.kill("SIGTERM");
  await program.ended;
  assert.match(
    program.errors,
    /^\S+Z warn Everyone who can reach \S+ \(http\) sees the statistics \(code=open-to-everyone\)\n$/,
  );
});

test("users: a change of the file counts while it runs, without a signal and with one", async () => {
  const file = usersFile(`anna:${hash}\n`);
  await using program = await Program.start([...anyPorts, "--users", file]);
  const { code: added } = await Program.run(["passwd", "add", "bert", "--users", file], { input: "geheim" });
  assert.equal(added, 0);
  await program.until(() => / was read again: 2 users \(/.test(program.errors), "the users to be read again");
  assert.equal(await code(program, "bert", "geheim"), 0);
  writeFileSync(file, "broken");
  await program.until(
    () => /users:1: Cannot find .*; the users stay as they were \(/.test(program.errors),
    "a complaint",
  );
  assert.equal(await code(program, "bert", "geheim"), 0);
  program.kill("SIGHUP");
  await program.until(
    () => / error SIGHUP: the users stay as they are: /.test(program.errors),
    "another complaint",
  );
  writeFileSync(file, `cleo:${hash}`);
  program.kill("SIGHUP");
  await program.until(
    () => / info SIGHUP: the users were read again: 1 \(code=users-reloaded\)$/m.test(program.errors),
    "the users to be read again",
  );
  assert.equal(await code(program, "cleo", "secret"), 0);
  assert.equal(await code(program, "anna", "secret"), 4);
});

test("users: with a file that cannot be used it does not start, and says which line is wrong", async () => {
  const missing = join(temporaryFolder(), "users");
  for (
    const [file, wanted] of [[usersFile(`a:${hash}\nb:secret\n`), /users:2: .*"b"/], [
      missing,
      /--users: Cannot use ".*users": cannot read the users: /,
    ]]
  ) {
    const { code, output, errors } = await Program.run([...anyPorts, "--users", file as string]);
    assert.equal(code, 1);
    assert.equal(output, "");
    assert.match(errors, wanted as RegExp);
    assert.doesNotMatch(errors, /secret/);
    assert.equal(errors.trimEnd().split("\n").length, 1);
  }
});

test("users: config check says what is wrong with the file, too", async () => {
  const file = usersFile(`a:${hash}\nb:secret\nbroken\n`);
  const { code, output, errors } = await Program.run(["config", "check", "--users", file]);
  assert.equal(code, 1);
  assert.match(
    output + errors,
    /users:2: Cannot use the password of the user "b"[^]*users:3: Cannot find a ":"/,
  );
  assert.doesNotMatch(output + errors, /secret/);
});

test("users: the configuration file and the environment name it, too", async () => {
  const file = usersFile(`anna:${hash}\n`);
  const conf = join(temporaryFolder(), "comqtt.yml");
  writeFileSync(conf, `users: ${JSON.stringify(file)}\n`);
  for (const [args, variables] of [[["--conf", conf], {}], [[], { COMQTT_USERS: file }]] as const) {
    await using program = await Program.start([...anyPorts, ...args], { variables });
    assert.equal(await code(program, null, null), 4);
    assert.equal(await code(program, "anna", "secret"), 0);
  }
});

const passwd = needs("mosquitto", spawnSync("mosquitto_passwd", []).error === undefined);

test("users: mosquitto's own file, program and clients", { ...passwd, ...needed }, async () => {
  const file = usersFile("");
  const change = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync("mosquitto_passwd", args, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  };
  change("-b", file, "anna", "secret");
  change("-H", "sha512", "-b", file, "bert ä", "p:$ß");
  await using program = await Program.start([...anyPorts, "--users", file]);
  const publish = (...args: readonly string[]): Promise<number | null> =>
    run("mosquitto_pub", ["-p", String(program.port("tcp")), "-t", "t", "-m", "m", "-q", "1", ...args]).then((
      { code },
    ) => code);
  for (const version of ["mqttv31", "mqttv311", "mqttv5"]) {
    const ask = (...args: readonly string[]): Promise<number | null> =>
      publish("-V", version, "-i", "c", ...args);
    assert.equal(await ask("-u", "anna", "-P", "secret"), 0);
    assert.equal(await ask("-u", "bert ä", "-P", "p:$ß"), 0);
    assert.notEqual(await ask("-u", "anna", "-P", "wrong"), 0);
    assert.notEqual(await ask("-u", "anna"), 0);
    assert.notEqual(await ask("-u", "nobody", "-P", "secret"), 0);
    assert.notEqual(await ask(), 0);
  }
  const before = readFileSync(file, "utf8");
  change("-b", file, "anna", "other");
  assert.notEqual(readFileSync(file, "utf8"), before);
  await until(async () => await publish("-u", "anna", "-P", "other") === 0, "the other password to count");
  assert.notEqual(await publish("-u", "anna", "-P", "secret"), 0);
});
