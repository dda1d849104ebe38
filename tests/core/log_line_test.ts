/** How lines look. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { LOG_EVENTS } from "../../src/core/codes.ts";
import { EventLog } from "../../src/core/event_log.ts";
import { jsonLine, Stamps, textLine } from "../../src/core/log/line.ts";
import type { LogEvent, LogFields } from "../../src/core/log.ts";
import { componentOf, LOG_COMPONENTS, type LogLevelsOf } from "../../src/core/log/levels.ts";
import type { LogLevel } from "../../src/core/options.ts";

const at = Date.UTC(2026, 1, 3, 4, 5, 6, 7);
const stamp = "2026-02-03T04:05:06.007Z";

/** The lines of what is told. */
function lines(
  tell: (log: EventLog) => void,
  levels: LogLevelsOf = {},
  least: LogLevel | "off" = "debug",
): string[] {
  const made: string[] = [];
  const take = (level: LogLevel, text: string, event: LogEvent): void => {
    made.push(textLine(stamp, level, text), jsonLine(stamp, level, event));
  };
  const log = new EventLog(take, least, { now: () => at, monotonic: () => 0 }, levels);
  tell(log);
  log.end();
  return made;
}

const refused: LogFields = {
  client: "boiler",
  user: "cellar",
  address: "192.0.2.7:40312",
  listener: "tcp",
  topic: "$SYS/x",
  reason: "Not authorized",
  reasonCode: 135,
  detail: "a topic of the server",
};

test("log line: a time is made once for all lines of a millisecond", () => {
  const stamps = new Stamps();
  assert.deepEqual([stamps.of(at), stamps.of(at), stamps.of(at + 1)], [
    stamp,
    stamp,
    "2026-02-03T04:05:06.008Z",
  ]);
});

test("log line: text for people, one object for machines, with and without a time", () => {
  const [text, json] = lines((log) => log.note("publish-refused", refused));
  assert.equal(
    text,
    `${stamp} info Publish refused: a topic of the server (code=publish-refused client="boiler" user="cellar" ` +
      'address="192.0.2.7:40312" listener="tcp" topic="$SYS/x" reason="Not authorized" reasonCode=135)\n',
  );
  assert.equal(
    json,
    `{"time":"${stamp}","level":"info","code":"publish-refused","component":"auth",` +
      '"message":"Publish refused: a topic of the server","client":"boiler","user":"cellar",' +
      '"address":"192.0.2.7:40312","listener":"tcp","topic":"$SYS/x","reason":"Not authorized","reasonCode":135}\n',
  );
  assert.equal(textLine(null, "warn", "Something (code=x)"), "warn Something (code=x)\n");
  assert.ok(jsonLine(null, "info", { code: "ready" }).startsWith('{"level":"info","code":"ready",'));
});

test("log line: what was counted is flat as well", () => {
  const [, , text, json] = lines((log) => {
    for (let port = 1; port <= 3; port++) {
      log.tell("connect-timeout", { ...refused, address: `192.0.2.7:${port}` });
    }
  });
  assert.match(
    text!,
    /: 2 more in 1 s, first 2026-.* address="192\.0\.2\.7:2", last .* address="192\.0\.2\.7:3" \(code/,
  );
  const { more, moreSeconds, firstTime, firstClient, firstAddress, lastTime, lastClient, lastAddress } = JSON
    .parse(json!);
  assert.deepEqual([more, moreSeconds, firstTime, lastTime], [2, 1, stamp, stamp]);
  assert.deepEqual([firstClient, lastClient], ["boiler", "boiler"]);
  assert.deepEqual([firstAddress, lastAddress], ["192.0.2.7:2", "192.0.2.7:3"]);
});

test("log line: whatever a client calls itself, it is one line, and no other field", () => {
  const evil = [
    'a\nb\r{"level":"error"}',
    'x" code=internal-error y="',
    "\u001b[31m\u202e\u2028\u0000",
    "\ud800",
    "😀",
  ];
  for (const client of evil) {
    for (const code of ["client-connected", "hook-says"] as const) {
      const [text, json] = lines((log) => log.note(code, { client, detail: client, hook: client }));
      for (const line of [text!, json!]) {
        // deno-lint-ignore no-control-regex -- these are they
        assert.match(line, /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]*\n$/);
      }
      const object = JSON.parse(json!);
      assert.deepEqual(Object.keys(object), [
        "time",
        "level",
        "code",
        "component",
        "message",
        "client",
        "hook",
      ]);
      assert.equal(object.code, code);
      assert.equal(text!.match(/(?<= \(| )client="(?:[^"\\]|\\.)*"/g)!.length, 1);
    }
  }
});

test("log line: every code makes a sentence and belongs to a component", () => {
  assert.ok(LOG_COMPONENTS.length > 5);
  for (const code of Object.keys(LOG_EVENTS) as (keyof typeof LOG_EVENTS)[]) {
    const { level } = LOG_EVENTS[code];
    const { message, component } = JSON.parse(jsonLine(null, level, { code }));
    assert.ok(message.length > 3 && LOG_COMPONENTS.includes(component), code);
  }
  assert.equal(componentOf("hook-failed", "ledger"), "hook:ledger");
  assert.equal(componentOf("storage-says", "storage-sqlite"), "storage");
});

test("log levels: a component has its own, a hook its own or that of all hooks", () => {
  const say = (log: EventLog): void => {
    log.note("storage-says", { hook: "s", detail: "1" }, "debug");
    log.note("hook-says", { hook: "loud", detail: "2" }, "debug");
    log.note("hook-says", { hook: "other", detail: "3" }, "debug");
    log.note("hook-says", { hook: "other", detail: "4" }, "warn");
    log.tell("publish-refused", { detail: "5" });
    log.tell("client-connected", { detail: "6" });
    log.tell("packet-too-large", { detail: "7" });
  };
  const numbers = (levels: LogLevelsOf, least: LogLevel | "off"): string =>
    lines(say, levels, least).filter((line) => line.startsWith("{")).map((line) =>
      /\d(?=")/.exec(JSON.stringify(JSON.parse(line).message))![0]
    ).join("");
  assert.equal(numbers({}, "debug"), "1234567");
  assert.equal(numbers({}, "info"), "457");
  assert.equal(
    numbers({ storage: "debug", "hook:loud": "debug", hook: "error", auth: "off" }, "info"),
    "127",
  );
  assert.equal(numbers({ connection: "debug" }, "off"), "67");
});

test("log levels: what no component wants is not even asked for", () => {
  const log = (least: LogLevel | "off", levels: LogLevelsOf): EventLog =>
    new EventLog(() => {}, least, { now: () => 0, monotonic: () => 0 }, levels);
  assert.equal(log("info", { connection: "debug" }).wantsCode("client-connected"), true);
  assert.equal(log("debug", { connection: "info" }).wantsCode("client-connected"), false);
  assert.equal(log("error", { "hook:x": "debug" }).wantsCode("hook-failed"), true);
  assert.equal(log("off", {}).wantsCode("internal-error"), false);
});
