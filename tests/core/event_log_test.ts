/** The log of events: what is counted instead of told, and how much of it is remembered. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { LOG_EVENTS } from "../../src/core/codes.ts";
import { CodedError } from "../../src/core/errors.ts";
import { EventLog } from "../../src/core/event_log.ts";
import { faultOf } from "../../src/core/log/fault.ts";
import type { LogEvent, LogLevel } from "../../src/core/log.ts";

interface Bench {
  readonly log: EventLog;
  readonly texts: string[];
  readonly events: (LogEvent | undefined)[];
  pass(seconds: number): void;
  now: number;
  passed: number;
}

function bench(least: LogLevel | "off" = "debug"): Bench {
  const texts: string[] = [];
  const events: (LogEvent | undefined)[] = [];
  const made: Bench = {
    texts,
    events,
    now: Date.UTC(2026, 0, 1),
    passed: 0,
    log: new EventLog(
      (level, text, event) => {
        texts.push(`${level} ${text}`);
        events.push(event);
      },
      least,
      { now: () => made.now, monotonic: () => made.passed },
    ),
    pass(seconds: number): void {
      for (let i = 0; i < seconds * 4; i++) {
        made.now += 250;
        made.passed += 250;
        made.log.tick();
      }
    },
  };
  return made;
}

const from = (host: number, port = 1) => ({ address: `192.0.2.${host}:${port}`, listener: "tcp" });

test("events: the same again is counted, and told when ten seconds have passed", () => {
  const b = bench();
  for (let i = 1; i <= 1000; i++) b.log.tell("publish-refused", { client: "c", topic: "a", ...from(1, i) });
  assert.deepEqual(b.texts, [
    'info Publish refused (code=publish-refused client="c" address="192.0.2.1:1" listener="tcp" topic="a")',
  ]);
  b.pass(9);
  assert.equal(b.texts.length, 1);
  b.pass(1);
  assert.deepEqual(b.texts.slice(1), [
    "info Publish refused: 999 more in 10 s, " +
    'first 2026-01-01T00:00:00.000Z client="c" address="192.0.2.1:2", ' +
    'last 2026-01-01T00:00:00.000Z client="c" address="192.0.2.1:1000" ' +
    '(code=publish-refused client="c" address="192.0.2.1:1" listener="tcp" topic="a")',
  ]);
  assert.deepEqual(b.events[1]!.more, {
    count: 999,
    seconds: 10,
    first: { time: Date.UTC(2026, 0, 1), client: "c", address: "192.0.2.1:2" },
    last: { time: Date.UTC(2026, 0, 1), client: "c", address: "192.0.2.1:1000" },
  });
});

test("events: a storm that goes on is a line for each ten seconds, and one that is over is forgotten", () => {
  const b = bench();
  for (let i = 0; i < 100; i++) {
    b.log.tell("connect-timeout", from(1));
    b.pass(1);
  }
  assert.equal(b.texts.length, 11);
  b.pass(20);
  const before = b.texts.length;
  b.log.tell("connect-timeout", from(1));
  assert.equal(b.texts.length, before + 1, "it is told at once again");
});

test("events: other clients, hosts, topics and settings are other events", () => {
  const b = bench();
  b.log.tell("publish-refused", { client: "a", topic: "t", ...from(1) });
  b.log.tell("publish-refused", { client: "b", topic: "t", ...from(1) });
  b.log.tell("publish-refused", { client: "a", topic: "u", ...from(1) });
  b.log.tell("publish-refused", { client: "a", topic: "t", ...from(2) });
  b.log.tell("publish-refused", { client: "a", topic: "t", setting: "limits.retained", ...from(1) });
  assert.equal(b.texts.length, 5);
});

test("events: a flood of different ones is bounded in lines and in memory, and none is lost in the count", () => {
  const b = bench();
  const many = 50_000;
  for (let i = 0; i < many; i++) {
    b.log.tell("authentication-failed", {
      client: `c${i}${"\n".repeat(200)}`,
      user: "x".repeat(65_000),
      ...from(i % 250, i),
    });
  }
  assert.equal(b.texts.length, 100);
  b.pass(10);
  assert.equal(b.texts.length, 101);
  const { more } = b.events[100]!;
  assert.equal(more!.count, many - 100);
  const cut = (id: string): string => `${id}${"\\n".repeat(100 - id.length)}...`;
  assert.deepEqual([more!.first.client, more!.last.client], [cut("c100"), cut(`c${many - 1}`)]);
  assert.ok(b.texts[100]!.length < 1000 && !b.texts[100]!.includes("\n"));
  b.pass(20);
  b.log.tell("authentication-failed", { client: "later", ...from(1) });
  assert.equal(b.texts.length, 102, "afterwards each has its line again");
});

test("events: pages that are refused in one browser are one line in ten seconds", () => {
  const b = bench();
  for (let i = 0; i < 50; i++) {
    b.log.tell("foreign-page-refused", { detail: `a page of "https://evil${i}.example"`, ...from(1, i) });
  }
  assert.equal(b.texts.length, 1);
});

test("events: what everybody is refused for is one event, whoever they are", () => {
  const b = bench();
  for (let i = 0; i < 34_350; i++) {
    b.log.tell("connection-rate-exceeded", { client: `c${i}`, ...from(i % 250, i) });
  }
  assert.equal(b.texts.length, 1);
  b.pass(10);
  assert.match(b.texts[1]!, /: 34349 more in 10 s, first .* client="c1" .*, last .* client="c34349" /);
});

test("events: a clock that is set neither keeps anything back nor lets it go early", () => {
  for (const step of [-3_600_000, 3_600_000]) {
    const b = bench();
    b.log.tell("connect-timeout", from(1));
    b.log.tell("connect-timeout", from(1));
    b.now += step;
    b.pass(9);
    assert.equal(b.texts.length, 1);
    b.pass(1);
    assert.equal(b.events[1]!.more!.count, 1);
  }
});

test("events: at the end what was counted is told", () => {
  const b = bench();
  for (let i = 0; i < 3; i++) b.log.tell("connect-timeout", from(1));
  b.log.end();
  assert.equal(b.events[1]!.more!.count, 2);
  b.log.tell("connect-timeout", from(1));
  assert.equal(b.texts.length, 3);
});

test("events: what is below the level is not logged, and off is nothing", () => {
  const levels = ["debug", "info", "warn", "error"] as const;
  levels.forEach((least, at) => {
    const b = bench(least);
    for (const level of levels) b.log.note("hook-says", { detail: "line" }, level);
    assert.deepEqual(b.texts, levels.slice(at).map((level) => `${level} line (code=hook-says)`));
    const codes = ["client-connected", "publish-refused", "hook-failed", "internal-error"] as const;
    assert.deepEqual(codes.map((code) => b.log.wantsCode(code)), levels.map((_, i) => i >= at));
  });
  const off = bench("off");
  for (const level of levels) off.log.note("hook-says", { detail: "line" }, level);
  for (const code of Object.keys(LOG_EVENTS)) off.log.tell(code as keyof typeof LOG_EVENTS, {});
  assert.deepEqual(off.texts, []);
});

test("events: a line that was made from an error ends with its code", () => {
  const b = bench();
  b.log.note("storage-failed", faultOf(new CodedError("storage-full", "No room")));
  b.log.note("storage-failed", faultOf(new Error("Something")));
  assert.deepEqual(b.texts, [
    "error QoS 1 and 2 are refused until the storage can be written: No room (code=storage-failed errorCode=storage-full)",
    "error QoS 1 and 2 are refused until the storage can be written: Something (code=storage-failed)",
  ]);
  assert.deepEqual(b.events, [
    { code: "storage-failed", detail: "No room", errorCode: "storage-full" },
    { code: "storage-failed", detail: "Something" },
  ]);
});
