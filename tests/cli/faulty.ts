/** Throws and rejects where nobody catches; ends with 7 when all of it was reported. */

import process from "node:process";
import { setTimeout } from "node:timers";
import { onFaults } from "../../src/runtime/faults.ts";

let reported = 0;

onFaults((error) => {
  console.log(error.message);
  if (++reported === 3) process.exit(7);
});

// (A runtime that ends would end before this.)
setTimeout(() => process.exit(8), 10_000);
setTimeout(() => {
  throw new Error("thrown");
}, 0);
setTimeout(() => {
  // deno-lint-ignore no-throw-literal -- somebody's hook may do it
  throw "thrown text";
}, 1);
void Promise.reject(new Error("rejected"));
