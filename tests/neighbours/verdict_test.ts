import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scenario } from "./crowd/scenario.ts";
import type { NeighbourFigures, PhaseFigures } from "./figures.ts";
import type { Measured } from "./trial.ts";
import { BOUNDS, judge } from "./verdict.ts";

const scenario: Scenario = { name: "0idle", does: "nothing", seconds: 1, run: async (): Promise<void> => {} };
const well: PhaseFigures = {
  count: 200,
  p50: 1,
  p99: 50,
  max: 500,
  lost0: 0,
  lost1: 0,
  refused: 0,
  repeated: 0,
  duplicates: 0,
};

function measured(
  neighbours: Partial<NeighbourFigures> = {},
  later: number | null = 150,
  peak = 400,
): Measured {
  return {
    scenario: "0idle",
    runtime: "deno",
    seconds: 1,
    neighbours: {
      before: well,
      during: well,
      after: well,
      perSecond: [1],
      newcomers: { count: 4, failed: {}, p99: 10, max: 1000 },
      events: [],
      ownLateness: { p50: 0, p99: 0, max: 0 },
      ...neighbours,
    },
    crowd: { facts: { "clients back": 2000 }, notes: [], failed: false },
    broker: {
      memory: { before: 100, peak, later },
      cpu: 1,
      counters: {},
      log: { lines: 0, bytes: 0, first: [] },
      ended: null,
    },
  };
}

function missed(what: Measured, more: Partial<Scenario> = {}): readonly string[] {
  return judge({ ...scenario, ...more }, what, BOUNDS).missed;
}

test("neighbours: what is within every bound passes", () => {
  assert.deepEqual(judge(scenario, measured(), BOUNDS), { missed: [], remarks: [] });
});

test("neighbours: each bound is one that can be missed", () => {
  const newcomers = { count: 4, failed: {}, p99: 10, max: 1001 };
  const cases: readonly [Measured, string][] = [
    [measured({ during: { ...well, p99: 51 } }), "during: p99 51 > 50 ms"],
    [measured({ after: { ...well, max: 501 } }), "after: max 501 > 500 ms"],
    [measured({ during: { ...well, count: 0 } }), "during: the neighbours sent nothing"],
    [measured({ before: { ...well, lost1: 2 } }), "2 messages of QoS 1 lost"],
    [measured({ during: { ...well, refused: 3 } }), "3 messages of QoS 1 refused"],
    [measured({ newcomers }), "a new client let in after 1,001 > 1000 ms"],
    [
      measured({ newcomers: { ...newcomers, max: 1, failed: { "no CONNACK": 2 } } }),
      "2 new clients not let in: no CONNACK",
    ],
    [measured({ events: ["+1.0 s gone"] }), "a neighbour: +1.0 s gone"],
    [measured({}, 151), "memory a minute later 1.51 > 1.5 times"],
  ];
  for (const [what, text] of cases) assert.deepEqual(missed(what), [text]);
});

test("neighbours: memory that stays for a known reason is no miss, as far as the reason goes", () => {
  const known = [{ scenarios: ["0idle"], runtimes: ["deno"], times: 7, reason: "it is so" }] as const;
  assert.deepEqual(judge(scenario, measured({}, 690), BOUNDS, known), {
    missed: [],
    remarks: ["memory a minute later 6.90 > 1.5 times: it is so"],
  });
  const more = judge(scenario, measured({}, 710), BOUNDS, known);
  assert.deepEqual(more.missed, ["memory a minute later 7.10 > 1.5 times"]);
  const onBun = judge(scenario, { ...measured({}, 690), runtime: "bun" }, BOUNDS, known);
  assert.deepEqual(onBun.missed, ["memory a minute later 6.90 > 1.5 times"]);
});

test("neighbours: what a scenario expects is looked at, also when the crowd does not say it", () => {
  assert.deepEqual(missed(measured(), { expects: [{ fact: "clients back", least: 2000 }] }), []);
  assert.deepEqual(missed(measured(), { expects: [{ fact: "clients back", least: 2001 }] }), [
    "clients back: 2000 < 2001",
  ]);
  assert.deepEqual(missed(measured(), { expects: [{ fact: "clients back", most: "newcomer" }] }), [
    "clients back: 2000 > 1000",
  ]);
  assert.deepEqual(missed(measured(), { expects: [{ fact: "another", most: 0 }] }), ["another: not known"]);
  assert.deepEqual(missed(measured(), { peak: 399 }), ["memory: peak 400 > 399 MB"]);
});

test("neighbours: a broker or a crowd that did not come through does not pass", () => {
  const what = measured();
  assert.deepEqual(missed({ ...what, broker: { ...what.broker, ended: "it ended with 1" } }), [
    "the broker has not come through: it ended with 1",
  ]);
  assert.deepEqual(missed({ ...what, crowd: { ...what.crowd, failed: true } }), ["the crowd itself failed"]);
});

test("neighbours: what a scenario makes impossible is not judged, and said", () => {
  const stopped = measured({
    during: { ...well, max: 20_000 },
    newcomers: { count: 1, failed: {}, p99: 1, max: 20_000 },
  });
  const { missed, remarks } = judge({ ...scenario, standsStill: "the process is stopped" }, stopped, BOUNDS);
  assert.deepEqual(missed, []);
  assert.equal(remarks.length, 2);
  const refused = measured({ during: { ...well, refused: 3 }, events: ["+1.0 s PUBACK 151"] });
  assert.deepEqual(judge({ ...scenario, mayRefuse: "the disk is full" }, refused, BOUNDS).missed, []);
});
