/** The log of the real program: what every line is, where it goes, and that nothing about it stops the broker. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Mount, needsMount } from "../../faults/mount.ts";
import { temporaryFolder } from "../../harness/folder.ts";
import { commandLine, noPorts, Program } from "../../harness/program.ts";
import { openSocket, socketClient } from "../../harness/socket_client.ts";
import { until } from "../../harness/time.ts";

const listeners = [...noPorts, "--tcp", "127.0.0.1:0"];

/** Everything that is refused here, a client with a name made to break lines, and a line of each level. */
async function session(port: number, tag = ""): Promise<void> {
  const client = await socketClient(port, 5);
  await client.connect({ clientId: `evil\n"${tag}\u001b[31m`, username: "u\r\n{}" });
  await client.published("$SYS/x", "no", { qos: 1 });
  await client.subscribe("a/b");
  client.sendBytes([0x30, 3, 0, 1, 0x23]);
  await client.refusedWith(0x81);
  const page = await openSocket(port);
  page.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await new Promise((resolve) => page.once("close", resolve));
}

/** It is alive: a message goes through. */
async function passes(port: number, text: string): Promise<void> {
  const client = await socketClient(port, 5);
  await client.connect({ clientId: `alive-${text}` });
  await client.subscribe("alive");
  await client.publish("alive", text);
  assert.equal((await client.message()).text, text);
  client.disconnect();
}

/** With what it writes to standard error going where the shell says. */
function redirected(to: string, args: readonly string[], variables: Record<string, string> = {}): Program {
  return Program.of(["bash", "-c", `exec "$@" 2>${to}`, "sh", ...commandLine(), ...args], { variables });
}

async function ready(program: Program): Promise<number> {
  await program.until(() => / is ready$/m.test(program.output), "the program to be ready");
  return program.port("tcp");
}

async function ends(program: Program): Promise<void> {
  program.kill("SIGTERM");
  assert.deepEqual(await program.ended, { code: 0, signal: null });
}

function objects(text: string): Record<string, unknown>[] {
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

const TEXT_LINE =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?:debug|info|warn|error) [^\p{Cc}\p{Cf}]* \(code=[a-z-]+(?: [a-zA-Z]+=(?:"(?:[^"\\]|\\.)*"|\d+|true|false))*\)$/u;

test("log program: each line of a session with refusals can be taken apart, as text and as JSON, console and file alike", async () => {
  const folder = temporaryFolder();
  const texts: string[][] = [];
  for (const format of ["text", "json"] as const) {
    const file = join(folder, `${format}.log`);
    const program = redirected(`'${folder}/${format}.err'`, [
      ...listeners,
      "--log-file",
      file,
      "--log-format",
      format,
      "--log-level",
      "debug",
    ]);
    await using _ = program;
    const errors = (): string =>
      existsSync(`${folder}/${format}.err`) ? readFileSync(`${folder}/${format}.err`, "utf8") : "";
    let port: number;
    if (format === "text") port = await ready(program);
    else {
      await until(() => errors().includes('"ready"'), "the line");
      const { address } = objects(errors()).find(({ code }) => code === "listening")!;
      port = Number(String(address).split(":")[1]);
      assert.equal(program.output, "", "nothing but JSON is written");
    }
    await session(port);
    await ends(program);
    const [onConsole, inFile] = [errors(), readFileSync(file, "utf8")];
    const codes: string[] = [];
    for (const text of [onConsole, inFile]) {
      for (const line of text.trimEnd().split("\n")) {
        if (format === "text") {
          assert.match(line, TEXT_LINE);
          codes.push(/code=([a-z-]+)/.exec(line)![1]!);
          continue;
        }
        const object = JSON.parse(line);
        assert.ok(
          !Number.isNaN(Date.parse(object.time)) && object.message !== "" && object.component !== "",
          line,
        );
        assert.ok(["debug", "info", "warn", "error"].includes(object.level));
        codes.push(object.code);
      }
    }
    texts.push([...new Set(codes)].toSorted());
    if (format === "json") assert.equal(onConsole, inFile);
  }
  assert.deepEqual(texts[0], texts[1]);
  for (
    const code of [
      "starting",
      "listening",
      "ready",
      "client-connected",
      "publish-refused",
      "packet-malformed",
      "http-on-mqtt-port",
      "closing",
    ]
  ) {
    assert.ok(texts[0]!.includes(code), code);
  }
});

test("log program: output: file leaves the console to the program itself", async () => {
  const file = join(temporaryFolder(), "comqtt.log");
  const variables = {
    COMQTT_LOG_FILE: file,
    COMQTT_LOG_OUTPUT: "file",
    COMQTT_LOG_LEVELS: "connection=debug",
  };
  await using program = await Program.start(listeners, { variables });
  await session(program.port("tcp"));
  await ends(program);
  assert.equal(program.errors, "");
  assert.match(
    readFileSync(file, "utf8"),
    / info Publish refused: [^]* debug Malformed packet: [^]* info SIGTERM: comqtt is closing /,
  );
  assert.doesNotMatch(
    readFileSync(file, "utf8"),
    / debug (?!Client connected|Malformed packet|Connection ended)/,
  );
});

test("log program: why it does not start stands in the file, too", async () => {
  const file = join(temporaryFolder(), "comqtt.log");
  const at = ["--tcp", "192.0.2.1:1", "--log-file", file];
  const { code, errors } = await Program.run([...noPorts.slice(2), ...at]);
  assert.equal(code, 1);
  assert.match(errors, /^comqtt: Cannot open the tcp listener "tcp" at "192\.0\.2\.1:1": .*\n$/);
  assert.match(
    readFileSync(file, "utf8"),
    /^\S+Z error Cannot open the tcp listener .* \(code=start-failed\)\n$/,
  );
  const json = await Program.run([...noPorts.slice(2), ...at, "--log-format", "json"]);
  assert.deepEqual([json.code, json.output], [1, ""]);
  assert.deepEqual(objects(json.errors).map(({ level, code }) => [level, code]), [["error", "start-failed"]]);
});

test("log program: under the journal lines have a priority and no time; where it does not read, they have", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "stderr");
  closeSync(openSync(file, "w"));
  const { dev, ino } = statSync(file, { bigint: true });
  const runs: [string, string[], RegExp][] = [
    [`${dev}:${ino}`, [], /^(?:<7>debug|<6>info) /],
    [`${dev}:${ino + 1n}`, [], /^\d{4}-\S+Z (?:debug|info) /],
    [`${dev}:${ino}`, ["--log-format", "json"], /^<[67]>\{"time":"\d{4}-/],
  ];
  for (const [stream, args, line] of runs) {
    closeSync(openSync(file, "w"));
    const started = [...listeners, "--log-level", "debug", ...args];
    await using program = redirected(`>'${file}'`, started, { JOURNAL_STREAM: stream });
    await until(
      () =>
        args.length > 0 ? readFileSync(file, "utf8").includes('"ready"') : / is ready$/m.test(program.output),
      "a start",
    );
    const port = args.length > 0
      ? Number(/"127\.0\.0\.1:(\d+)"/.exec(readFileSync(file, "utf8"))![1])
      : program.port("tcp");
    await session(port);
    await ends(program);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    assert.ok(lines.length > 3);
    for (const one of lines) assert.match(one, line);
  }
});

test("log program: a full file is put aside while clients come and go, and no line is missing", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "comqtt.log");
  const variables = {
    COMQTT_LOG_FILE: file,
    COMQTT_LOG_MAX_SIZE: "4KiB",
    COMQTT_LOG_COMPRESS: "yes",
    COMQTT_LOG_FORMAT: "text",
  };
  await using program = await Program.start([...listeners, "--log-level", "debug"], { variables });
  const port = program.port("tcp");
  for (let i = 0; i < 200; i++) {
    const client = await socketClient(port, 4);
    await client.connect({ clientId: `client-${i}` });
    client.disconnect();
    await client.gone();
  }
  await program.until(() => program.errors.split("code=client-disconnected").length === 201, "all lines");
  await until(
    () => readdirSync(folder).filter((name) => name.endsWith(".gz")).length === 10,
    "the bound of old files",
  );
  await ends(program);
  const old = readdirSync(folder).filter((name) => name !== "comqtt.log").toSorted();
  const kept = old.map((name) => {
    const bytes = readFileSync(join(folder, name));
    return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
  });
  const text = kept.join("") + readFileSync(file, "utf8");
  // (On the console there is the same, without the announcements.)
  const shown = text.trimEnd().split("\n").filter((line) => line.includes("code=client-"));
  assert.deepEqual(shown, program.errors.trimEnd().split("\n").slice(-shown.length));
  assert.ok(shown.length > 100, `${shown.length}`);
});

for (const signal of ["SIGHUP", "SIGUSR2"] as const) {
  test(`log program: after ${signal} lines go into a new file, and the one that was moved has all before`, async () => {
    const file = join(temporaryFolder(), "comqtt.log");
    await using program = await Program.start([...listeners, "--log-file", file]);
    await until(
      () => existsSync(file) && readFileSync(file, "utf8").includes("code=ready"),
      "the first lines",
    );
    renameSync(file, `${file}.1`);
    program.kill(signal);
    await until(() => existsSync(file) && readFileSync(file, "utf8").includes("\n"), "the new file");
    assert.match(
      readFileSync(file, "utf8"),
      new RegExp(`^\\S+Z info The log file was opened again: ${signal} \\(code=log-reopened\\)\\n`),
    );
    assert.match(readFileSync(`${file}.1`, "utf8"), /is ready \(code=ready\)\n$/);
  });
}

test("log program: with its directory gone it goes on, and makes it again", async () => {
  const folder = join(temporaryFolder(), "logs");
  const file = join(folder, "comqtt.log");
  await using program = await Program.start([...listeners, "--log-file", file]);
  await until(() => existsSync(file), "the file");
  rmSync(folder, { recursive: true });
  // (It looks once a second, and only when there is a line; of one code there are so many in ten seconds.)
  for (let i = 0; i < 40 && !existsSync(file); i++) {
    await session(program.port("tcp"), `${i}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(existsSync(file));
  await passes(program.port("tcp"), "x");
});

test(
  "log program: on a full disk it goes on, says so on the console, and how much was lost when there is room",
  needsMount,
  async () => {
    using mount = new Mount(1 << 14);
    const file = join(mount.folder, "comqtt.log");
    const variables = { COMQTT_LOG_FILE: file, COMQTT_LOG_LEVEL: "debug", COMQTT_LOG_OUTPUT: "file" };
    await using program = await Program.start(listeners, { variables });
    const port = program.port("tcp");
    for (let i = 0; i < 100; i++) await session(port, `${i}`);
    await program.until(() => program.errors.includes("log-not-written"), "the complaint");
    assert.match(
      program.errors,
      /^\S+Z error The log cannot be written: the file ".*comqtt\.log" \(code=log-not-written error="no space is left on the device"\)\n$/,
    );
    await passes(port, "full");
    program.kill("SIGTERM");
    assert.equal((await program.ended).code, 0);
  },
);

/** A pipe that a test reads when it likes to. */
class Pipe implements Disposable {
  readonly path: string = join(temporaryFolder(), "pipe");
  #descriptor: number | null;

  constructor() {
    assert.equal(spawnSync("mkfifo", [this.path]).status, 0);
    this.#descriptor = openSync(this.path, constants.O_RDWR | constants.O_NONBLOCK);
  }

  /** What is in it. */
  read(): string {
    const bytes = new Uint8Array(1 << 17);
    try {
      return new TextDecoder().decode(bytes.subarray(0, readSync(this.#descriptor!, bytes)));
    } catch {
      return "";
    }
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

test("log program: a console that nobody reads stops nothing, and everything is there when it is read again", async () => {
  using pipe = new Pipe();
  await using program = redirected(`'${pipe.path}'`, [...listeners, "--log-level", "debug"]);
  const port = await ready(program);
  // (More than a pipe holds.)
  const name = "x".repeat(90);
  for (let i = 0; i < 400; i++) {
    const client = await socketClient(port, 4);
    await client.connect({ clientId: `${i}-${name}` });
    client.disconnect();
    await client.gone();
  }
  await passes(port, "blocked");
  let text = "";
  await until(() => (text += pipe.read()).includes("alive-blocked"), "the last line");
  const ids = [...text.matchAll(/Client connected \(code=client-connected client="(\d+)-/g)].map(([, id]) =>
    Number(id)
  );
  assert.deepEqual(ids, Array.from({ length: 400 }, (_, i) => i));
  await ends(program);
});

test("log program: it ends in time although nobody reads the console", async () => {
  using pipe = new Pipe();
  await using program = redirected(`'${pipe.path}'`, [...listeners, "--log-level", "debug"]);
  const port = await ready(program);
  for (let i = 0; i < 450; i++) {
    const client = await socketClient(port, 4);
    await client.connect({ clientId: `${i}-${"x".repeat(90)}` });
    client.disconnect();
    await client.gone();
  }
  const begun = Date.now();
  await ends(program);
  assert.ok(Date.now() - begun < 5000);
});

test("log program: a console that is gone stops nothing, and the file says so once", async () => {
  const pipe = new Pipe();
  const file = join(temporaryFolder(), "comqtt.log");
  await using program = redirected(`'${pipe.path}'`, [...listeners, "--log-file", file]);
  const port = await ready(program);
  pipe.close();
  for (let i = 0; i < 5; i++) await session(port, `${i}`);
  await passes(port, "gone");
  await ends(program);
  const complaints = readFileSync(file, "utf8").split("\n").filter((line) =>
    line.includes("log-not-written")
  );
  assert.equal(complaints.length, 1);
  assert.match(
    complaints[0]!,
    / error The log cannot be written: the console \(code=log-not-written error="nobody reads it any more"\)$/,
  );
});

test("log program: standard error that is closed from the start stops nothing", async () => {
  const file = join(temporaryFolder(), "comqtt.log");
  await using program = redirected("&-", [...listeners, "--log-file", file]);
  const port = await ready(program);
  await session(port);
  await passes(port, "closed");
  await ends(program);
  assert.match(readFileSync(file, "utf8"), /code=publish-refused/);
});

test("log program: enable: false writes no line", async () => {
  const file = join(temporaryFolder(), "comqtt.log");
  await using program = await Program.start([...listeners, "--log-level", "off", "--log-file", file]);
  await session(program.port("tcp"));
  await ends(program);
  assert.equal(program.errors, "");
  assert.equal(existsSync(file), false);
});
