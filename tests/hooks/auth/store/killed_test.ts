/** What was acknowledged survives kill -9. */

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { LocalAccessStore } from "../../../../hooks/auth/store/local_store.ts";
import { runtimeName } from "../../../../src/runtime/process.ts";
import { temporaryFolder } from "../../../harness/folder.ts";
import { Program } from "../../../harness/program.ts";
import { quick } from "./fixtures.ts";

const script = fileURLToPath(new URL("./killed.ts", import.meta.url));
const command = runtimeName === "deno" ? [process.execPath, "run", "-A"] : [process.execPath];

test("access store: what was acknowledged is there after kill -9", async () => {
  const folder = temporaryFolder();
  for (const least of [3, 40]) {
    const program = Program.of([...command, script, folder]);
    await program.until(() => program.output.split("\n").length > least, "changes");
    // The process has it for itself.
    assert.throws(() => LocalAccessStore.open(folder), { code: "storage-in-use" });
    program.kill("SIGKILL");
    await program.ended;
    const last = Number(program.output.trimEnd().split("\n").at(-1));
    assert.ok(last >= least - 1);
    const store = LocalAccessStore.open(folder);
    for (let i = 0; i <= last; i++) {
      const account = store.account(`u${i}`);
      // (What came after the last line may have been done as well.)
      if (i % 3 === 1) {
        if (i < last) assert.equal(account, undefined, `u${i}`);
        continue;
      }
      assert.equal(account?.hash, quick(`p${i}`), `u${i}`);
      if (i % 3 === 0 && i < last) assert.equal(account?.enabled, false);
      if (i % 3 === 2) assert.deepEqual(account?.rules, [{ access: "read", filter: `t/${i}` }]);
    }
    for (const account of [...store.accounts()]) await store.removeUser(account.name);
    store.close();
  }
});
