/** How the program ends: on a signal, soon, whatever its clients do. */

import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import net from "node:net";
import tls from "node:tls";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runtimeName } from "../../src/runtime/process.ts";
import { noPorts, Program } from "../harness/program.ts";
import { openSocket, socketClient } from "../harness/socket_client.ts";
import { until } from "../harness/time.ts";
import { temporaryFolder } from "../harness/folder.ts";

/** What is promised. */
const END_MS = 5000;

function tlsFile(name: string): string {
  return fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
}

interface Figures {
  readonly [name: string]: number;
}

async function figures(program: Program): Promise<Figures> {
  return await (await fetch(`http://${program.address("http")}/`)).json() as Figures;
}

/** Sends the signal and waits; the program has to end by itself, with 0, within the time that is promised. */
async function endsWith(program: Program, signal: "SIGINT" | "SIGTERM"): Promise<void> {
  const from = Date.now();
  program.kill(signal);
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.errors);
  const took = Date.now() - from;
  assert.ok(took < END_MS, `it took ${took} ms`);
  assert.match(program.output, new RegExp(`^${signal}: comqtt is closing$`, "m"));
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`signals: ${signal} ends it with 0, and MQTT 5 clients are told`, async () => {
    await using program = await Program.start();
    const five = await socketClient(program.port("tcp"), 5);
    const four = await socketClient(program.port("tcp"), 4);
    await five.connect({ clientId: "five" });
    await four.connect({ clientId: "four" });
    const ended = endsWith(program, signal);
    await five.refusedWith(0x8b);
    await four.refusedWith(0x8b);
    await ended;
  });
}

test("signals: SIGTERM ends it within 5 seconds while clients stall in every way", async () => {
  await using program = await Program.start();
  const port = program.port("tcp");
  // Subscribes, never reads, and has megabytes waiting.
  const stalled = await socketClient(port);
  await stalled.connect({ clientId: "stalled" });
  await stalled.subscribe("big", 1);
  stalled.stall();
  const publisher = await socketClient(port);
  await publisher.connect({ clientId: "publisher" });
  const payload = new Uint8Array(64 * 1024);
  for (let i = 0; i < 200; i++) await publisher.published("big", payload, { qos: 1 });
  assert.ok((await figures(program)).inflight! > 0);
  // Connected and silent, an unfinished CONNECT, an unfinished WebSocket request, an unfinished HTTP request.
  await openSocket(port);
  (await openSocket(port)).write(new Uint8Array([0x10, 100, 0]));
  (await openSocket(program.port("ws"))).write("GET /mqtt HTTP/1.1\r\n");
  (await openSocket(program.port("http"))).write("GET / HTTP/1.1\r\n");
  await openSocket(program.port("http"));
  const ended = endsWith(program, "SIGTERM");
  await publisher.refusedWith(0x8b);
  await ended;
});

test("signals: a will is published when the broker ends", async () => {
  await using program = await Program.start();
  const subscriber = await socketClient(program.port("tcp"));
  await subscriber.connect({ clientId: "subscriber" });
  await subscriber.subscribe("wills/#");
  const other = await socketClient(program.port("tcp"));
  const payload = new TextEncoder().encode("gone");
  const will = { topic: "wills/other", payload, qos: 0 as const, retain: false, properties: {} };
  await other.connect({ clientId: "other", will });
  const ended = endsWith(program, "SIGTERM");
  assert.equal((await subscriber.message()).text, "gone");
  await ended;
});

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  test(`signals: a second ${signal} ends it at once with ${code}`, async () => {
    await using program = await Program.start();
    // Somebody who does not take his DISCONNECT keeps it waiting.
    const stalled = await socketClient(program.port("tcp"));
    await stalled.connect({ clientId: "stalled" });
    await stalled.subscribe("big");
    stalled.stall();
    const publisher = await socketClient(program.port("tcp"));
    await publisher.connect({ clientId: "publisher" });
    const payload = new Uint8Array(256 * 1024);
    for (let i = 0; i < 60; i++) await publisher.published("big", payload, { qos: 1 });
    program.kill(signal);
    await program.until(() => program.output.includes("is closing"), "the first signal");
    program.kill(signal);
    assert.deepEqual(await program.ended, { code, signal: null });
  });
}

test("signals: SIGHUP reads the certificate again, and a bad one leaves the old one", async () => {
  const folder = temporaryFolder();
  const [cert, key] = [join(folder, "server.crt"), join(folder, "server.key")];
  const use = (name: string): void => {
    copyFileSync(tlsFile(`${name}.crt`), cert);
    copyFileSync(tlsFile(`${name}.key`), key);
  };
  use("server");
  await using program = await Program.start(
    [...noPorts, "--tls", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key],
  );
  assert.equal(await serialNumber(program.port("tls")), "1001");
  use("renewed");
  program.kill("SIGHUP");
  await program.until(
    () => /"tls" was read again \(code=certificate-asked-for listener="tls"\)/.test(program.errors),
    "the new certificate",
  );
  assert.equal(await serialNumber(program.port("tls")), "1002");
  copyFileSync(tlsFile("device.key"), key);
  program.kill("SIGHUP");
  await program.until(
    () => /the certificate stays as it is: /.test(program.errors),
    "the refusal",
  );
  assert.match(program.errors, /the private key ".*" does not belong to the certificate "/);
  assert.equal(await serialNumber(program.port("tls")), "1002");
});

test("signals: SIGHUP without a certificate changes nothing", async () => {
  await using program = await Program.start();
  program.kill("SIGHUP");
  await program.until(() => /no certificate to read again/.test(program.errors), "an answer");
  const client = await socketClient(program.port("tcp"));
  assert.equal((await client.connect()).reasonCode, 0);
});

/** Of the certificate the server shows. */
function serialNumber(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber.replace(/^0+/, ""));
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

test("signals: nothing is left of a program that ended", async () => {
  const program = await Program.start();
  const port = program.port("tcp");
  await endsWith(program, "SIGTERM");
  await until(() => openSocket(port).then(() => false, () => true), "the port to be closed");
});

// (Deno takes SIGUSR1 for itself: it opens the port of the debugger.)
const userSignals = runtimeName === "deno" ? ["SIGUSR2"] as const : ["SIGUSR1", "SIGUSR2"] as const;

for (const signal of userSignals) {
  test(`signals: ${signal} is one line, and it goes on`, async () => {
    await using program = await Program.start();
    const client = await socketClient(program.port("tcp"));
    await client.connect({ clientId: "before" });
    program.kill(signal);
    const line = `${signal}: there is nothing to do on this signal, comqtt goes on`;
    await program.until(() => program.errors.includes(line), "the line");
    assert.match(program.errors, new RegExp(`^\\S+Z info ${line} \\(code=signal-ignored\\)\\n$`));
    await client.subscribe("t");
    await client.publish("t", "x");
    assert.equal((await client.message()).text, "x");
  });
}

test("signals: SIGHUP and those of the user while it starts do not end it", async () => {
  // A Redis that does not answer holds the start.
  const silent = net.createServer();
  const asked = new Promise<void>((resolve) =>
    silent.on("connection", (socket) => {
      socket.on("error", () => {});
      resolve();
    })
  );
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as net.AddressInfo;
  await using program = Program.begin([
    ...noPorts,
    "--tcp",
    "127.0.0.1:0",
    "--storage-url",
    `redis://127.0.0.1:${port}`,
  ]);
  await asked;
  program.kill("SIGHUP");
  program.kill("SIGUSR2");
  await program.until(() => program.errors.includes("SIGUSR2: there is nothing to do"), "the line");
  program.kill("SIGTERM");
  assert.equal((await program.ended).signal, null);
  assert.match(program.output, /^SIGTERM: comqtt is closing$/m);
  silent.close();
});
