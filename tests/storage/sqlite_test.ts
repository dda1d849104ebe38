/** The suite on SQLite: as it comes, and in the ways that differ. */

import { storageSuite } from "./suite.ts";
import { SqliteBench } from "./sqlite_bench.ts";

for (const sync of ["normal", "full"] as const) {
  storageSuite(`sqlite, ${sync}`, true, () => Promise.resolve(new SqliteBench({ sync })));
}
// With the smallest bound all that is told goes through checkpoints inside of commits.
storageSuite(
  "sqlite, no room in memory",
  true,
  () => Promise.resolve(new SqliteBench({ pendingBytes: 65_536 })),
);
