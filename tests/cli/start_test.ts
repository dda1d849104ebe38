/** How the program starts, and how it says that it cannot. */

import assert from "node:assert/strict";
import net from "node:net";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../src/core/version.ts";
import { options } from "../../src/cli/options.ts";
import { noPorts, Program } from "../harness/program.ts";
import { temporaryFolder } from "../harness/folder.ts";

function tlsFile(name: string): string {
  return fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
}

const certificate = ["--tls-cert", tlsFile("server.crt"), "--tls-key", tlsFile("server.key")];

/** A port that is taken, by us. */
async function taken(): Promise<{ port: number; close: () => void }> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as net.AddressInfo).port, close: (): void => void server.close() };
}

/** It ended with 1 and one line, and said nothing else. */
async function refused(args: readonly string[], line: RegExp): Promise<void> {
  const program = await Program.run(args);
  assert.equal(program.code, 1, program.errors);
  assert.equal(program.output, "");
  assert.equal(program.errors.trimEnd().split("\n").length, 1, program.errors);
  assert.match(program.errors, line);
}

test("start: it says what it is, where it listens, who can connect, and that it is ready", async () => {
  await using program = await Program.start();
  const [first, tcp, ws, http, who, storage, ready] = program.output.split("\n");
  assert.match(first!, new RegExp(`^comqtt ${VERSION} \\((deno|bun) [0-9.]+\\)$`));
  assert.match(tcp!, /^ {2}tcp {3}127\.0\.0\.1:[1-9]\d*$/);
  assert.match(ws!, /^ {2}ws {4}127\.0\.0\.1:[1-9]\d*$/);
  assert.match(http!, /^ {2}http {2}127\.0\.0\.1:[1-9]\d*$/);
  assert.match(who!, /^Only this machine can connect.*without a password.*--tcp :1883$/);
  assert.match(storage!, /^Storage: memory, /);
  assert.equal(ready, `comqtt ${VERSION} is ready`);
  assert.equal(program.errors, "");
});

test("start: a listener for other machines is warned of", async () => {
  await using program = await Program.start([...noPorts, "--tcp", ":0", "--http", "0.0.0.0:0"]);
  assert.doesNotMatch(program.output, /Only this machine/);
  await program.until(() => program.errors.split("\n").length === 3, "two warnings");
  const [tcp, http] = program.errors.split("\n");
  assert.match(
    tcp!,
    /^\S+Z warn Everyone who can reach \S+:\d+ \(tcp\) can connect.* without a password \(code=open-to-everyone\)$/,
  );
  assert.match(
    http!,
    /^\S+Z warn Everyone who can reach \S+:\d+ \(http\) sees the statistics \(code=open-to-everyone\)$/,
  );
});

test("start: names of this machine are this machine", async () => {
  await using program = await Program.start([...noPorts, "--tcp", "localhost:0", "--ws", "localhost:0"]);
  assert.match(program.output, /^Only this machine can connect/m);
  program.kill("SIGTERM");
  await program.ended;
  assert.equal(program.errors, "");
});

test("start: without a listener for MQTT it says so", async () => {
  await using program = await Program.start([...noPorts, "--http", "127.0.0.1:0"]);
  assert.match(program.output, /^Nobody can connect: there is no listener for MQTT$/m);
});

test("start: --help names every option", async () => {
  const { code, output, errors } = await Program.run(["--help"]);
  assert.equal(code, 0);
  assert.equal(errors, "");
  for (const { name } of options) assert.ok(output.includes(`--${name}`), name);
  assert.ok(output.split("\n").every((line) => line.length <= 110), "lines fit a terminal");
});

test("start: --version names the program and what runs it", async () => {
  const { code, output } = await Program.run(["--version"]);
  assert.equal(code, 0);
  assert.match(output, new RegExp(`^comqtt ${VERSION} \\((deno|bun) [0-9.]+\\)\n$`));
});

for (const protocol of ["tcp", "ws", "http", "tls", "wss"]) {
  test(`start: a port in use is one line and exit code 1, ${protocol}`, async () => {
    const { port, close } = await taken();
    const tls = protocol === "tls" || protocol === "wss" ? certificate : [];
    const address = `127.0.0.1:${port}`;
    const wanted = `^comqtt: Cannot open the ${protocol} listener "${protocol}" at "${address}": ` +
      `the address is already in use \\(--${protocol} takes another address, or off\\)\n$`;
    await refused([...noPorts, `--${protocol}`, address, ...tls], new RegExp(wanted));
    close();
  });

  test(`start: an address that this machine does not have is one line and exit code 1, ${protocol}`, async () => {
    const tls = protocol === "tls" || protocol === "wss" ? certificate : [];
    const wanted = `Cannot open the ${protocol} listener "${protocol}" at "192.0.2.1:0": this machine`;
    await refused([...noPorts, `--${protocol}`, "192.0.2.1:0", ...tls], new RegExp(wanted));
  });

  test(`start: an address that is none is one line and exit code 1, ${protocol}`, async () => {
    const wanted = `^comqtt: --${protocol}: Invalid listener address "host:port:1": expected .*--help`;
    await refused([...noPorts, `--${protocol}`, "host:port:1"], new RegExp(wanted));
  });
}

test("start: a socket path in use is one line and exit code 1", async () => {
  const path = join(temporaryFolder(), "socket");
  await using _first = await Program.start([...noPorts, "--unix", path]);
  await refused(
    [...noPorts, "--unix", path],
    /^comqtt: Cannot open the unix listener "unix" at ".*": .*in use/,
  );
});

test("start: a socket path where something else is says what, and it stays", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "socket");
  writeFileSync(path, "precious");
  const what =
    `comqtt: Cannot open the unix listener "unix" at "${path}": a plain file is there, not a socket, ` +
    "and it stays";
  for (
    const [args, around, where] of [
      [["--unix", path], {}, "--unix takes another path, or off"],
      [[], { variables: { COMQTT_UNIX: path } }, "set by COMQTT_UNIX"],
      [["--conf", "a.yml"], { folder }, "set by a.yml:1:13"],
    ] as const
  ) {
    writeFileSync(join(folder, "a.yml"), `listeners: [{ type: unix, path: ${path} }]\n`);
    const program = await Program.run([...noPorts, ...args], around);
    assert.equal(program.code, 1);
    assert.equal(program.errors, `${what} (${where})\n`);
    assert.equal(readFileSync(path, "utf8"), "precious");
  }
});

test("start: without any listener it ends, and says so", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "a.yml"), "listeners: []\n");
  for (const args of [["--conf", "a.yml"], ["--conf", "a.yml", "--data", "d"], noPorts]) {
    const program = await Program.run(args, { folder });
    assert.equal(program.code, 1);
    assert.equal(program.output, "");
    assert.match(
      program.errors,
      /^comqtt: Nobody can connect: there is no listener for MQTT, expected one of --tcp, .*\n$/m,
    );
  }
});

test("start: a socket path in no directory is one line and exit code 1", async () => {
  const path = join(temporaryFolder(), "no", "socket");
  await refused([...noPorts, "--unix", path], /Cannot open the unix listener "unix" at ".*": no such file/);
});

for (const protocol of ["tls", "wss"]) {
  const listener = [...noPorts, `--${protocol}`, "127.0.0.1:0"];

  test(`start: a certificate that cannot be read is one line and exit code 1, ${protocol}`, async () => {
    const args = [...listener, "--tls-cert", "/nowhere/server.crt", "--tls-key", tlsFile("server.key")];
    await refused(
      args,
      /the certificate "\/nowhere\/server\.crt" cannot be read: no such file or directory$/m,
    );
  });

  test(`start: a key that cannot be read is one line and exit code 1, ${protocol}`, async () => {
    const args = [...listener, "--tls-cert", tlsFile("server.crt"), "--tls-key", "/nowhere/server.key"];
    await refused(
      args,
      /the private key "\/nowhere\/server\.key" cannot be read: no such file or directory$/m,
    );
  });

  test(`start: a certificate that is none is one line and exit code 1, ${protocol}`, async () => {
    const path = join(temporaryFolder(), "server.crt");
    writeFileSync(path, "hello\n");
    const args = [...listener, "--tls-cert", path, "--tls-key", tlsFile("server.key")];
    await refused(args, /: the certificate ".*" is not PEM: it has no line with -----BEGIN$/m);
  });

  test(`start: a key of another certificate is one line and exit code 1, ${protocol}`, async () => {
    const args = [...listener, "--tls-cert", tlsFile("server.crt"), "--tls-key", tlsFile("device.key")];
    await refused(
      args,
      /: the private key ".*device\.key" does not belong to the certificate ".*server\.crt"$/m,
    );
  });

  test(`start: no certificate at all is one line and exit code 1, ${protocol}`, async () => {
    await refused(
      listener,
      new RegExp(`--${protocol}: A ${protocol} listener needs a certificate.*--tls-cert`),
    );
  });
}

test("start: a certificate that nothing uses is one line and exit code 1", async () => {
  await refused(certificate, /--tls-cert: Nothing uses the certificate, expected --tls or --wss as well/);
});

const mistakes: readonly (readonly [string[], RegExp])[] = [
  [["--tpc", "x"], /^comqtt: Unknown option "--tpc", did you mean "--tcp"; --help/],
  [["--nothing-like-it"], /^comqtt: Unknown option "--nothing-like-it"; --help/],
  [["-x"], /^comqtt: Unknown option "-x"; --help/],
  [["--tcp"], /^comqtt: Option --tcp needs a value: --tcp ADDR; --help/],
  [["--tcp", "--ws", ":1"], /^comqtt: Option --tcp needs a value/],
  [["--tcp="], /^comqtt: Option --tcp needs a value/],
  [["--help=yes"], /^comqtt: Option --help takes no value/],
  [["serve"], /^comqtt: Unknown command "serve"; --help/],
  [["--http", "off", "--data", "a", "--data", "b"], /^comqtt: Option --data was given more than once/],
  [
    ["--log-level", "loud"],
    /^comqtt: --log-level: Cannot use "loud", expected one of debug, info, warn, error, off; --help/,
  ],
  [
    ["--conf", "/nowhere/a.yml"],
    /^comqtt: --conf: Cannot read the file "\/nowhere\/a\.yml": no such file or directory; /,
  ],
  [["--unix", "", "--tcp", "off"], /^comqtt: Option --unix needs a value/],
];

for (const [args, line] of mistakes) {
  test(`start: a mistake is one line and exit code 1: ${args.join(" ")}`, () => refused(args, line));
}

test("start: variables are settings, and options go before them", async () => {
  await using program = await Program.start(["--tcp", "127.0.0.1:0"], {
    variables: {
      COMQTT_TCP: "192.0.2.1:1",
      COMQTT_WS: "off",
      COMQTT_HTTP: "127.0.0.1:0,127.0.0.1:0",
      COMQTT_LOG_LEVEL: "debug",
    },
  });
  assert.equal(program.output.match(/^ {2}tcp/gm)?.length, 1);
  assert.equal(program.output.match(/^ {2}ws/gm), null);
  assert.equal(program.output.match(/^ {2}http/gm)?.length, 2);
});

test("start: the file COMQTT_CONF names is read, its mistakes have their places", async () => {
  const path = join(temporaryFolder(), "broker.yml");
  writeFileSync(path, "limits:\n  packetSize: 12\n  topicLevel: 3\n");
  const program = await Program.run([], { variables: { COMQTT_CONF: path } });
  assert.equal(program.code, 1);
  assert.deepEqual(program.errors.trimEnd().split("\n"), [
    `comqtt: ${path}:2:15: Cannot use "12" for "limits.packetSize", ` +
    "expected a size from 64 bytes to 268435460 bytes, such as 64KiB or 1MiB",
    `comqtt: ${path}:3:3: Unknown key "limits.topicLevel", did you mean "topicLevels"`,
  ]);
});

test("start: a listener of the file that cannot be opened is named with its place", async () => {
  const { port, close } = await taken();
  const path = join(temporaryFolder(), "broker.yml");
  writeFileSync(path, `listeners:\n  - { type: tcp, id: main, address: 127.0.0.1:${port} }\n`);
  await refused(
    ["--conf", path],
    /the tcp listener "main" at .*already in use \(set by .*broker\.yml:2:5\)$/m,
  );
  close();
});

test("start: what comqtt 2 files say of features that are not there yet is a warning", async () => {
  const path = join(temporaryFolder(), "single.yml");
  writeFileSync(path, "bridge-way: 1\nmqtt:\n  tcp: 127.0.0.1:0\n  ws: ''\n  http: off\nlog:\n  level: 4\n");
  await using program = await Program.start(["--conf", path]);
  await program.until(() => program.errors.includes("\n"), "a warning");
  assert.match(
    program.errors,
    /^\S+Z warn .*single\.yml:1:1: "bridge-way" is not supported yet and has no effect \(code=config-warning\)\n$/,
  );
  assert.match(program.output, /^ {2}tcp /m);
  assert.doesNotMatch(program.output, /^ {2}(ws|http) /m);
});

for (const [name, listeners] of [["comqtt.yml", 3], ["network.yml", 4], ["tls.yml", 4]] as const) {
  test(`start: with config/${name}, but for the ports`, async () => {
    const folder = temporaryFolder();
    for (const name of ["server", "garden", "cellar"]) {
      for (const file of [`${name}.crt`, `${name}.key`]) copyFileSync(tlsFile(file), join(folder, file));
    }
    copyFileSync(tlsFile("authority.crt"), join(folder, "authority.crt"));
    const text = readFileSync(new URL(`../../config/${name}`, import.meta.url), "utf8");
    writeFileSync(join(folder, name), text.replace(/^([^#\n]*address: "?[0-9.]*:)\d+/gm, "$10"));
    await using program = await Program.start(["--conf", name], { folder });
    assert.equal(program.output.match(/^ {2}\w+ +\S+$/gm)?.length, listeners);
  });
}
