/** `comqtt pub` and `comqtt sub`: against mosquitto's clients with the same options, and over every way to a broker. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { pubHelp, subHelp } from "../../src/cli/commands/mqtt/help.ts";
import { pubOptions, subOptions } from "../../src/cli/commands/mqtt/options.ts";
import { benchHelp } from "../../src/cli/commands/bench/help.ts";
import { benchOptions } from "../../src/cli/commands/bench.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { anyPorts, commandLine, noPorts, Program } from "../harness/program.ts";
import { until } from "../harness/time.ts";
import { needed } from "../interop/mosquitto.ts";
import { MosquittoBroker, needed as brokerNeeded } from "../interop/mosquitto_broker.ts";

const timeout = 120_000;

interface Bytes {
  readonly code: number | null;
  readonly output: Uint8Array;
  readonly errors: string;
}

/** Runs it to its end, with its output as bytes. */
function ran(command: readonly string[], input?: Uint8Array): Promise<Bytes> {
  const child = spawn(command[0]!, command.slice(1), {
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  child.stdin?.on("error", () => {}).end(input);
  const chunks: Uint8Array[] = [];
  let errors = "";
  child.stdout!.on("data", (bytes: Uint8Array) => chunks.push(bytes));
  child.stderr!.on("data", (bytes: Uint8Array) => errors += new TextDecoder().decode(bytes));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output: new Uint8Array(Buffer.concat(chunks)), errors }));
  });
}

const ours = (...args: string[]): Promise<Bytes> => ran([...commandLine(), ...args]);
const text = ({ output }: Bytes): string => new TextDecoder().decode(output);

/** A way to a broker that can be shut while somebody is on it. */
class Door implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as { port: number }).port;
  }

  static async to(port: number): Promise<Door> {
    const sockets = new Set<Socket>();
    const server = createServer((outer) => {
      const inner = connect(port, "127.0.0.1");
      for (const socket of [outer, inner]) sockets.add(socket.on("error", () => {}));
      outer.pipe(inner).pipe(outer);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return new Door(server, sockets);
  }

  slam(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.slam();
    await new Promise((done) => this.#server.close(done));
  }
}

/** What is retained for a comparison: all kinds of payloads, and all properties. */
async function retain(port: string): Promise<void> {
  const pub = ["pub", "-p", port, "-r", "-q", "1"];
  const folder = temporaryFolder();
  const binary = join(folder, "binary");
  writeFileSync(binary, Uint8Array.of(0, 1, 10, 13, 255, 254, 0));
  const properties = [
    ["content-type", "text/plain"],
    ["user-property", "a", "b"],
    ["user-property", "a", "c"],
    ["correlation-data", "xx"],
    ["payload-format-indicator", "1"],
    ["response-topic", "re"],
  ].flatMap((property) => ["-D", "publish", ...property]);
  const all = [
    ["-t", "t/json", "-m", '{"a": [1, 2], "b": "x y", "c": null}'],
    ["-t", "t/text", "-m", 'text "q" \\ é /x'],
    ["-t", "t/bytes", "-f", binary],
    ["-t", "t/properties", "-m", "hi", ...properties],
  ];
  for (const args of all) assert.deepEqual((await ours(...pub, ...args)).errors, "");
}

const FORMATS = [
  "%t|%q|%r|%l|%x|%X|%p",
  "%10l|%-10l|%010l|%10t|%-10t|%.3t|%10.2t|%10x|%-20x|%-3x|%3p|%50p|%-50p|%05q",
  "%A|%C|%D|%E|%F|%P|%R|%S|%5C|%20C|%.3C|%5F|%05F|%-5F|",
  "\\\\\\n\\t\\0\\a\\e\\r\\v%%|@Y-@m-@d @j @U @a @B|@@",
];

async function compare(port: string): Promise<void> {
  await retain(port);
  for (const version of ["31", "mqttv311", "5"]) {
    const sub = ["-V", version, "-i", "compare", "-p", port, "-t", "t/#", "-C", "4"];
    const ways = [[], ["-v"], ["-N"], ["-v", "-N"], ["-q", "2"], ["-T", "t/bytes", "-C", "3"]];
    for (const way of [...ways, ...FORMATS.map((format) => ["-F", format])]) {
      const theirs = await ran(["mosquitto_sub", ...sub, ...way]);
      const own = await ours("sub", ...sub, ...way);
      assert.equal(theirs.code, 0, theirs.errors);
      assert.deepEqual([own.code, own.errors], [0, ""]);
      assert.deepEqual(text(own), text(theirs), `${version} ${way.join(" ")}`);
      assert.deepEqual(own.output, theirs.output, `${version} ${way.join(" ")}`);
    }
    for (const way of [["-F", "%j"], ["-F", "%j", "--pretty"]]) {
      // (mosquitto's JSON ends at the first zero byte.)
      const args = [...sub, "-T", "t/bytes", "-C", "3", ...way];
      const untimed = (said: Bytes): string => text(said).replace(/"tst":(\t?)"[^"]*"/g, '"tst":$1""');
      const [theirs, own] = [await ran(["mosquitto_sub", ...args]), await ours("sub", ...args)];
      assert.equal(untimed(own), untimed(theirs), version);
      assert.match(text(own), /"tst":\t?"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z[+-]\d{4}"/);
    }
  }
}

test(
  "sub: prints what mosquitto_sub prints, byte for byte, from our broker",
  { timeout, ...needed },
  async () => {
    await using program = await Program.start();
    await compare(String(program.port("tcp")));
  },
);

test(
  "sub: prints what mosquitto_sub prints, byte for byte, from mosquitto",
  { timeout, ...brokerNeeded },
  async () => {
    await using broker = await MosquittoBroker.start();
    await compare(String(broker.port));
  },
);

test("sub: payload as JSON is shown as it was sent, bytes as numbers", { timeout }, async () => {
  await using program = await Program.start();
  const port = String(program.port("tcp"));
  await retain(port);
  const sub = ["sub", "-p", port, "-C", "1", "-t"];
  const json = JSON.parse(text(await ours(...sub, "t/bytes", "--json"))) as {
    payload: number[];
    payloadlen: number;
  };
  assert.deepEqual([json.payload, json.payloadlen], [[0, 1, 10, 13, 255, 254, 0], 7]);
  assert.match(
    text(await ours(...sub, "t/json", "-F", "%J")),
    /"payload":\{"a":\[1,2\],"b":"x y","c":null\}\}\n$/,
  );
  const none = await ours(...sub, "t/text", "-F", "%J");
  assert.match(none.errors, /^comqtt: The payload is no JSON, topic "t\/text"\n$/);
});

test("pub: what is sent arrives as it is, in every version and QoS", { timeout, ...needed }, async () => {
  await using program = await Program.start();
  const port = String(program.port("tcp"));
  const file = join(temporaryFolder(), "file");
  const bytes = new Uint8Array(300_000).map((_, i) => i % 251);
  writeFileSync(file, bytes);
  for (const version of ["3.1", "3.1.1", "5"]) {
    for (const qos of ["0", "1", "2"]) {
      const common = ["-p", port, "-V", version, "-q", qos, "-t", "bytes"];
      const pub = await ours("pub", ...common, "-f", file, "-r");
      assert.deepEqual([pub.code, pub.errors], [0, ""]);
      const theirs = await ran(["mosquitto_sub", "-p", port, "-q", qos, "-t", "bytes", "-C", "1", "-N"]);
      assert.deepEqual(theirs.output, bytes);
      const own = await ours("sub", ...common, "-C", "1", "-N");
      assert.deepEqual(own.output, bytes);
    }
  }
});

test(
  "pub: lines are messages, with zero bytes, empty ones and the last without an end",
  { timeout },
  async () => {
    await using program = await Program.start();
    const port = String(program.port("tcp"));
    const input = new TextEncoder().encode("one\n\0two\n\nfour\r\nfive");
    for (const qos of ["0", "1", "2"]) {
      const id = ["-i", `lines${qos}`, "-c", "-q", qos, "-p", port, "-t", "lines"];
      assert.equal((await ours("sub", ...id, "-E")).code, 0);
      const subscriber = ours("sub", ...id, "-C", "5", "-F", "%x");
      // (With QoS 0 nothing waits for who is not there.)
      if (qos === "0") await connected(program, port);
      const pub = await ran([...commandLine(), "pub", "-p", port, "-q", qos, "-t", "lines", "-l"], input);
      assert.deepEqual([pub.code, pub.errors], [0, ""]);
      assert.equal(text(await subscriber), "6f6e65\n0074776f\n\n666f75720d\n66697665\n");
    }
    const whole = ["pub", "-p", port, "-t", "whole", "-r", "-q", "1", "-s"];
    assert.equal((await ran([...commandLine(), ...whole], input)).code, 0);
    assert.deepEqual((await ours("sub", "-p", port, "-t", "whole", "-C", "1", "-N")).output, input);
  },
);

/** Waits until somebody is subscribed to `lines`, besides nobody else: by sending to it what is thrown away. */
async function connected(program: Program, port: string): Promise<void> {
  const address = program.address("http");
  for (;;) {
    const info = await (await fetch(`http://${address}/`)).json() as { clients_connected: number };
    if (info.clients_connected > 0) return;
    await ours("pub", "-p", port, "-t", "other", "-n");
  }
}

test("pub and sub: over TLS, WebSocket, both, and a Unix socket", { timeout }, async () => {
  const fixture = (name: string): string =>
    fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
  const socket = join(temporaryFolder(), "mqtt.sock");
  await using program = await Program.start([
    ...["--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0", "--tls", "127.0.0.1:0", "--wss", "127.0.0.1:0"],
    ...[
      "--http",
      "off",
      "--unix",
      socket,
      "--tls-cert",
      fixture("server.crt"),
      "--tls-key",
      fixture("server.key"),
    ],
  ]);
  const at = (protocol: string): string => `localhost:${program.port(protocol)}`;
  const ca = ["--cafile", fixture("authority.crt")];
  const ways = [
    ["-L", `mqtt://${at("tcp")}/a`],
    ["-L", `mqtts://${at("tls")}/a`, ...ca],
    ["-h", "localhost", "-p", String(program.port("tls")), "-t", "a", ...ca],
    ["-L", `ws://${at("ws")}/a`],
    ["-L", `ws://${at("ws")}/mqtt`, "-t", "a"],
    ["-L", `wss://${at("wss")}/a`, ...ca],
    ["--ws", "-p", String(program.port("wss")), "-t", "a", ...ca],
    ["--unix", socket, "-t", "a"],
  ];
  for (const [i, way] of ways.entries()) {
    const pub = await ours("pub", ...way, "-r", "-q", "2", "-m", `over ${i}`);
    assert.deepEqual([pub.code, pub.errors], [0, ""], way.join(" "));
    const sub = await ours("sub", ...way, "-C", "1");
    assert.deepEqual([sub.code, text(sub)], [0, `over ${i}\n`], sub.errors);
  }
  const strange = await ours("pub", "-L", `mqtts://${at("tls")}/a`, "-m", "x");
  assert.equal(strange.code, 1);
  assert.match(strange.errors, /^comqtt: Cannot connect to localhost:\d+: \S.*\n$/);
  const web = await ours("pub", "-L", `ws://${at("tcp")}/a`, "-m", "x");
  assert.equal(web.code, 1);
  assert.match(web.errors, /over WebSocket/);
});

test(
  "pub and sub: a refusal's code is what they end with, and no password is shown",
  { timeout },
  async () => {
    const users = join(temporaryFolder(), "users");
    writeFileSync(users, "");
    const added = await Program.run(["passwd", "add", "anna", "--users", users], { input: "s3cret" });
    assert.equal(added.code, 0, added.errors);
    await using program = await Program.start([...anyPorts, "--users", users]);
    const port = String(program.port("tcp"));
    const file = join(temporaryFolder(), "password");
    writeFileSync(file, "s3cret\nmore\n");
    for (const command of [["pub", "-m", "x"], ["sub", "-E"]]) {
      const codes: (number | null)[] = [];
      for (const version of ["3.1", "3.1.1", "5"]) {
        for (
          const who of [["-u", "anna", "-P", "s3cre7", "-d"], ["-u", "anna", "--password-file", file, "-d"]]
        ) {
          const { code, errors } = await ours(...command, "-p", port, "-t", "x", "-V", version, ...who);
          codes.push(code);
          assert.doesNotMatch(errors, /s3cre/);
        }
      }
      assert.deepEqual(codes, [4, 0, 4, 0, 134, 0]);
      const [name, ...rest] = command;
      const args = [name!, ...rest, "-p", port, "-t", "x", "-u", "anna"];
      const { code } = await Program.run(args, { variables: { COMQTT_PASSWORD: "s3cret" } });
      assert.equal(code, 0);
    }
    assert.doesNotMatch(program.output + program.errors, /s3cre/);
  },
);

test(
  "sub: a connection that is lost is made again, and no message is missed or told twice",
  { timeout },
  async () => {
    await using broker = await Program.start();
    const port = broker.port("tcp");
    await using door = await Door.to(port);
    const args = [
      "sub",
      "-p",
      String(door.port),
      "-i",
      "again",
      "-c",
      "-q",
      "2",
      "-t",
      "again/#",
      "-C",
      "2",
      "-d",
    ];
    await using subscriber = Program.begin(args);
    await subscriber.until(() => subscriber.errors.includes("SUBACK"), "the subscription");
    const send = (what: string): Promise<Bytes> =>
      ours("pub", "-p", String(port), "-q", "2", "-t", "again/x", "-m", what);
    await send("first");
    await subscriber.until(() => subscriber.errors.includes("PUBCOMP"), "the first message");
    door.slam();
    await subscriber.until(() => subscriber.errors.includes("connecting again"), "the loss");
    await send("second");
    assert.equal((await subscriber.ended).code, 0);
    assert.equal(subscriber.output, "first\nsecond\n");
  },
);

test("pub: lines go on over another connection when one is lost, in every QoS", { timeout }, async () => {
  await using broker = await Program.start();
  const port = broker.port("tcp");
  for (const qos of ["0", "1", "2"]) {
    await using door = await Door.to(port);
    await using subscriber = Program.begin([
      ...["sub", "-p", String(port), "-q", "2", "-t", "lines", "-C", "2", "-d"],
    ]);
    await subscriber.until(() => subscriber.errors.includes("SUBACK"), "the subscription");
    const [command, ...args] = [...commandLine(), "pub", "-p", String(door.port), "-q", qos, "-t", "lines"];
    const publisher = spawn(command!, [...args, "-l", "-d"], { stdio: ["pipe", "ignore", "pipe"] });
    const ended = new Promise((resolve) => publisher.once("close", resolve));
    let said = "";
    publisher.stderr!.on("data", (bytes: Uint8Array) => said += new TextDecoder().decode(bytes));
    publisher.stdin!.write("one\n");
    await subscriber.until(() => subscriber.output === "one\n", "the first line");
    // (What is not acknowledged would come twice.)
    const acknowledged = { "0": "> PUBLISH", "1": "< PUBACK", "2": "< PUBCOMP" }[qos]!;
    await until(() => said.includes(acknowledged), acknowledged);
    door.slam();
    await until(() => said.includes("The connection has ended"), "the loss");
    publisher.stdin!.end("two\n");
    assert.equal(await ended, 0);
    await subscriber.ended;
    assert.equal(subscriber.output, "one\ntwo\n", qos);
  }
});

test(
  "sub: ends after seconds, at a signal, and when only retained messages are wanted",
  { timeout },
  async () => {
    await using program = await Program.start();
    const port = String(program.port("tcp"));
    const late = await ours("sub", "-p", port, "-t", "nothing", "-W", "1");
    assert.deepEqual([late.code, late.errors], [27, "comqtt: Timed out\n"]);
    for (const topic of ["r/1", "r/2"]) {
      await ours(
        "pub",
        "-p",
        port,
        "-t",
        topic,
        "-m",
        topic,
        "-r",
        "-q",
        "1",
      );
    }
    const removing = await ours("sub", "-p", port, "-t", "r/#", "--remove-retained", "-C", "2");
    assert.equal(text(removing).split("\n").sort().join("\n"), "\nr/1\nr/2");
    assert.equal((await ours("sub", "-p", port, "-t", "r/#", "-W", "1")).code, 27);
    await using subscriber = Program.begin(["sub", "-p", port, "-t", "s", "-d"]);
    await subscriber.until(() => subscriber.errors.includes("SUBACK"), "the subscription");
    subscriber.kill("SIGTERM");
    assert.deepEqual(await subscriber.ended, { code: 0, signal: null });
  },
);

test("pub: what cannot be is said with what can", { timeout }, async () => {
  const said: [args: string[], message: RegExp][] = [
    [["--retian"], /^comqtt: Unknown option "--retian" of pub, did you mean "--retain"; comqtt pub --help/],
    [["-t", "a/#", "-m", "x"], /Cannot publish to "a\/#": \+ and # are for filters/],
    [["-t", "a"], /No message is given, expected -m, -f, -l, -s or -n/],
    [["-t", "a", "-m", "x", "-n"], /More than one kind of message/],
    [["-t", "a", "-m", "x", "-q", "3"], /Cannot use "3" as -q, expected a number from 0 to 2/],
    [["-t", "a", "-m", "x", "-V", "4.2"], /expected 3\.1, 3\.1\.1 or 5/],
    [["-t", "a", "-m", "x", "-c"], /Option -c needs a client id: -i ID/],
    [["-t", "a", "-m", "x", "-D", "publish", "contnt-type", "x"], /did you mean "content-type"/],
    [["-t", "a", "-m", "x", "-D", "publish", "receive-maximum", "1"], /is not for publish/],
    [["-t", "a", "-m", "x", "--proxy", "y"], /Option --proxy is not taken/],
    [["-L", "http://u:geheim@host/x", "-m", "x"], /expected mqtt:\/\/(?!.*geheim)/],
    [["-t", "a", "-m"], /Option -m needs a value: -m TEXT/],
  ];
  for (const [args, message] of said) {
    const { code, errors } = await ours("pub", ...args);
    assert.equal(code, 1);
    assert.match(errors, message);
  }
  await using nobody = await Program.start([...noPorts, "--tcp", "127.0.0.1:0"]);
  const port = String(nobody.port("tcp"));
  nobody.kill("SIGTERM");
  await nobody.ended;
  const { code, errors } = await ours("pub", "-p", port, "-t", "a", "-m", "x");
  assert.deepEqual([code, errors], [
    1,
    `comqtt: Cannot connect to localhost:${port}: nobody listens there\n`,
  ]);
});

test("client commands: the help of each fits a screen, has two examples and every option", () => {
  const pages = [[pubHelp, pubOptions, "pub"], [subHelp, subOptions, "sub"], [
    benchHelp,
    benchOptions,
    "bench",
  ]] as const;
  for (const [help, options, name] of pages) {
    const lines = help.trimEnd().split("\n");
    assert.ok(lines.length <= 40, `${name}: ${lines.length} lines`);
    for (const line of lines) assert.ok(line.length <= 80, line);
    assert.ok(help.split(/Examples:\n/)[1]!.match(new RegExp(`comqtt ${name} `, "g"))!.length >= 2, name);
    for (const { long, short, refused } of options) {
      if (refused !== undefined) continue;
      for (
        const word of [
          ...long === undefined ? [] : [`--${long}`],
          ...short === undefined ? [] : [`-${short}`],
        ]
      ) {
        assert.match(help, new RegExp(`(?:^|[ ,])${word}(?=[ ,\\n])`, "m"), `${name} ${word}`);
      }
    }
  }
  assert.ok(readFileSync(new URL("../../docs/commands.md", import.meta.url), "utf8").includes("comqtt sub"));
});
