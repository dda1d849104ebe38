/** The thread in which bcrypt is computed; it is started by `bcrypt_workers.ts`. */

import { parentPort } from "node:worker_threads";
import { bcryptDigest, type BcryptTask } from "./bcrypt_digest.ts";

parentPort?.on("message", (task: BcryptTask) => {
  const work = bcryptDigest(task);
  let step = work.next();
  while (step.done !== true) step = work.next();
  parentPort!.postMessage(step.value);
});
