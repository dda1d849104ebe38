/** The files of Unix sockets. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { describeListenFault } from "../../src/runtime/tcp/listen_fault.ts";
import type { Acceptor, StreamHandler } from "../../src/runtime/stream.ts";
import { listenUnix } from "../../src/runtime/tcp/tcp.ts";
import { connectUnix } from "./client.ts";

const nothing = (): StreamHandler => ({ data() {}, written() {}, closed() {} });

describe("unix socket", () => {
  let folder = "";
  let path = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "comqtt-"));
    path = join(folder, "socket");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const listen = (mode?: number): Promise<Acceptor> =>
    listenUnix({ path, ...(mode === undefined ? {} : { mode }) }, nothing);

  it("the file has the mode asked for and is removed on closing", async () => {
    const acceptor = await listen(0o600);
    assert.equal(acceptor.address, path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await acceptor.close();
    await acceptor.close();
    assert.equal(existsSync(path), false);
  });

  it("a stale file is replaced", async () => {
    const crashed = await listen();
    renameSync(path, `${path}.kept`); // What a crash leaves: a socket file that nobody listens on.
    await crashed.close();
    renameSync(`${path}.kept`, path);
    assert.ok(lstatSync(path).isSocket());
    const acceptor = await listen();
    (await connectUnix(path)).destroy();
    await acceptor.close();
  });

  it("a path that somebody listens on is left alone", async () => {
    const acceptor = await listen();
    await assert.rejects(listen(), { code: "EADDRINUSE" });
    (await connectUnix(path)).destroy();
    await acceptor.close();
  });

  it("a file that is no socket is left alone", async () => {
    writeFileSync(path, "precious");
    await assert.rejects(listen(), { code: "EADDRINUSE", message: /not a socket/ });
    assert.ok(existsSync(path));
  });

  it("what is there instead of a socket is said, and is left alone", async () => {
    const things: readonly (readonly [string, () => void])[] = [
      ["a plain file", (): void => writeFileSync(path, "precious")],
      ["a directory", (): void => mkdirSync(path)],
      ["a symbolic link", (): void => symlinkSync(folder, path)],
      ["a named pipe", (): void => void execFileSync("mkfifo", [path])],
    ];
    for (const [what, make] of things) {
      make();
      const fault = await listen().then(() => "nothing", describeListenFault);
      assert.equal(fault, `${what} is there, not a socket, and it stays`);
      assert.ok(lstatSync(path));
      rmSync(path, { recursive: true });
    }
  });
});
