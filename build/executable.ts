/** What executables are made of: the program with all of its parts in it. */

import { run } from "../src/cli/run.ts";
import { programArguments } from "../src/runtime/process.ts";

await run(programArguments(), {
  configurationFile: () => import("../src/config/file.ts"),
  statsApp: () => import("../dashboard/stats_app.ts"),
  api: () => import("../src/api/app.ts"),
  redisStorage: () => import("../hooks/storage/redis.ts"),
  ledger: () => import("../hooks/auth/ledger.ts"),
  blacklist: () => import("../hooks/auth/blacklist.ts"),
});
