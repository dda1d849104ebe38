/** Changes users without an end, and says of each that it was acknowledged. `killed_test.ts` ends it. */

import process from "node:process";
import { writeSync } from "node:fs";
import { LocalAccessStore } from "../../../../hooks/auth/store/local_store.ts";
import { quick } from "./fixtures.ts";

const store = LocalAccessStore.open(process.argv[2]!);
await store.putRole("r", {});
for (let i = 0;; i++) {
  await store.putUser(`u${i}`, {
    hash: quick(`p${i}`),
    roles: ["r"],
    rules: [{ access: "read", filter: `t/${i}` }],
  });
  if (i % 3 === 2) await store.removeUser(`u${i - 1}`);
  if (i % 3 === 1) await store.putUser(`u${i - 1}`, { enabled: false, rules: [] });
  writeSync(1, `${i}\n`);
}
