/** The socket that only its owner can open: its mode, what stands in its way, and what is left of it. */

import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { placePrivateSocket, privateSocketAt } from "../../src/runtime/http/private_socket.ts";
import { askUnixHttp, serveUnixHttp, type UnixHttpServer } from "../../src/runtime/http/unix_http.ts";
import { temporaryFolder } from "../harness/folder.ts";

async function served(path: string): Promise<{ place: string; close(): Promise<void> }> {
  let server: UnixHttpServer | null = null;
  const answer = async (request: Request): Promise<Response> =>
    new Response(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`);
  const socket = await placePrivateSocket(path, async (at) => {
    server = await serveUnixHttp(at, answer, () => {});
  });
  return {
    place: socket.path,
    async close(): Promise<void> {
      socket.remove();
      await server!.close();
    },
  };
}

function ask(path: string): Promise<{ status: number; text: string }> {
  return askUnixHttp(privateSocketAt(path), {
    method: "POST",
    route: "/a",
    body: { b: 1 },
    milliseconds: 10_000,
  });
}

/** One that nobody listens on any more, as a crash leaves it. */
async function leaveSocket(path: string): Promise<void> {
  const made = `${path}.other`;
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen({ path: made }, resolve));
  const { linkSync } = await import("node:fs");
  linkSync(made, path);
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

test("private socket: only its owner can open it, it answers, and nothing of it is left", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "comqtt.sock");
  const socket = await served(path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ["comqtt.sock"]);
  assert.deepEqual(await ask(path), { status: 200, text: 'POST /a {"b":1}' });
  await socket.close();
  assert.deepEqual(readdirSync(folder), []);
  await assert.rejects(ask(path));
});

test("private socket: one that a crash has left is replaced", async () => {
  const path = join(temporaryFolder(), "comqtt.sock");
  await leaveSocket(path);
  assert.ok(statSync(path).isSocket());
  await assert.rejects(ask(path));
  const socket = await served(path);
  assert.equal((await ask(path)).status, 200);
  await socket.close();
});

test("private socket: one that somebody listens on stays, and so does what is no socket", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "comqtt.sock");
  const socket = await served(path);
  await assert.rejects(served(path), /another process listens on it/);
  assert.equal((await ask(path)).status, 200);
  await socket.close();
  writeFileSync(path, "mine");
  await assert.rejects(served(path), /a plain file is there, not a socket/);
  assert.equal(readFileSync(path, "utf8"), "mine");
  const link = join(folder, "link.sock");
  symlinkSync(path, link);
  await assert.rejects(served(link), /a symbolic link is there, not a socket/);
  assert.deepEqual(readdirSync(folder).toSorted(), ["comqtt.sock", "link.sock"]);
});

test("private socket: what stands there at the end and is another one's stays", async () => {
  const path = join(temporaryFolder(), "comqtt.sock");
  const first = await served(path);
  const { unlinkSync } = await import("node:fs");
  unlinkSync(path);
  const second = await served(path);
  await first.close();
  assert.equal((await ask(path)).status, 200);
  await second.close();
});

test("private socket: a path too long for one is a link to one elsewhere, also after a crash", async () => {
  const folder = join(temporaryFolder(), "x".repeat(100));
  mkdirSync(folder);
  const path = join(folder, "comqtt.sock");
  const socket = await served(path);
  assert.ok(lstatSync(path).isSymbolicLink());
  assert.equal(realpathSync(path), realpathSync(socket.place));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(socket.place, "..")).mode & 0o777, 0o700);
  assert.equal((await ask(path)).status, 200);
  await assert.rejects(served(path), /another process listens on it/);
  await socket.close();
  assert.deepEqual(readdirSync(folder), []);
  assert.ok(!existsSync(join(socket.place, "..")));
  // What a crash leaves: the link, and behind it nothing.
  symlinkSync(socket.place, path);
  const next = await served(path);
  assert.equal((await ask(path)).status, 200);
  await next.close();
  assert.deepEqual(readdirSync(folder), []);
});
