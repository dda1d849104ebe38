/** The number of sockets stays below what the system permits. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openFileLimit, SocketBudget } from "../../src/runtime/tcp/open_sockets.ts";

describe("open sockets", () => {
  it("refuses those over the budget and reports once per series", () => {
    const reports: string[] = [];
    const report = (error: Error): void => void reports.push(error.message);
    const budget = new SocketBudget(2);
    assert.deepEqual([1, 2, 3, 4].map(() => budget.take(report)), [true, true, false, false]);
    assert.deepEqual(reports, ["Too many open connections, 2 is all the system permits"]);
    budget.release();
    budget.release();
    assert.equal(budget.take(report), false);
    assert.equal(reports.length, 1);
    for (let i = 0; i < 2; i++) budget.release();
    assert.deepEqual([1, 2].map(() => budget.take(report)), [true, false]);
    assert.equal(reports.length, 2);
  });

  it("the system's limit is known on Linux", { skip: openFileLimit() === null }, () => {
    assert.ok(openFileLimit()! > 64);
  });
});
