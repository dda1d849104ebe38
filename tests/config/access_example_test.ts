/** config/access.yml and the files it names: real clients of each back end, of nobody's, and what each may do. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Program } from "../harness/program.ts";
import { needed, run } from "../interop/mosquitto.ts";

const folder = fileURLToPath(new URL("../../config/", import.meta.url));
const timeout = 120_000;

interface Who {
  readonly name?: string;
  readonly password?: string;
  readonly id?: string;
}

const anna = { name: "anna", password: "anna's secret" };
const thermometer = { name: "thermometer", password: "a long secret" };
const bert = { name: "bert", password: "bert's secret" };
const sensor = { name: "sensor-1", password: "sensors' secret" };
const cleo = { name: "cleo", password: "cleo's secret" };
const display = { name: "display", password: "display's secret" };
const nobody = {};
const unknown = { name: "zoe", password: "whatever" };

function options({ name, password, id }: Who): string[] {
  return [
    ...(name === undefined ? [] : ["-u", name]),
    ...(password === undefined ? [] : ["-P", password]),
    ...(id === undefined ? [] : ["-i", id]),
  ];
}

/** (The list of the file says where clients come in: here it is another port.) */
function start(): Promise<Program> {
  return Program.start(["--conf", "access.yml", "--listeners", '[{"type":"tcp","address":"127.0.0.1:0"}]'], {
    folder,
  });
}

const versions = ["mqttv31", "mqttv311", "mqttv5"] as const;

/** Whether it may connect. */
async function connects(port: number, who: Who, version: string): Promise<boolean> {
  const { code, errors } = await run("mosquitto_pub", [
    ...["-V", version, "-p", String(port), ...options(who)],
    ...["-t", "nowhere", "-m", "m"],
  ]);
  if (code !== 0) assert.match(errors, /not authorised|Not authorized|bad user name|Banned/i);
  return code === 0;
}

/** Whether a message of QoS 1 is taken: MQTT 5 says so. */
async function publishes(port: number, who: Who, topic: string): Promise<boolean> {
  const { code, errors, output } = await run("mosquitto_pub", [
    ...["-V", "mqttv5", "-p", String(port), ...options(who)],
    ...["-t", topic, "-m", "m", "-q", "1"],
  ]);
  assert.equal(code, 0, errors);
  return !/Not authorized/.test(errors + output);
}

/** Whether a subscription is granted. */
async function subscribes(port: number, who: Who, filter: string, version: string): Promise<boolean> {
  const { errors, output } = await run("mosquitto_sub", [
    ...["-V", version, "-p", String(port), ...options(who)],
    ...["-t", filter, "-q", "1", "-E", "-d"],
  ]);
  const [, granted] = /Subscribed \(mid: 1\): (\d+)/.exec(output + errors) ?? assert.fail(output + errors);
  return Number(granted) < 128;
}

test("config/access.yml: each back end lets its users in, a wrong password is final, others are anonymous", {
  timeout,
  ...needed,
}, async () => {
  await using program = await start();
  const port = program.port("tcp");
  const rows: readonly (readonly [Who, boolean])[] = [
    ...[anna, thermometer, bert, sensor, cleo, display].map((who) => [who, true] as const),
    ...[anna, bert, cleo].flatMap(({ name }) =>
      [[{ name, password: "wrong" }, false], [{ name }, false]] as const
    ),
    // (Without the password of sensors it is nobody's name.)
    [{ name: "sensor-1", password: "wrong" }, true],
    [nobody, true],
    [unknown, true],
    [{ ...anna, id: "stolen-1" }, false],
    [{ name: "former-colleague", password: "x" }, false],
    [{ id: "stolen-2" }, false],
  ];
  for (const version of versions) {
    for (const [who, expected] of rows) {
      assert.equal(await connects(port, who, version), expected, `${version} ${JSON.stringify(who)}`);
    }
  }
  assert.doesNotMatch(program.errors, /secret|whatever/);
});

const may: readonly (readonly [who: Who, topic: string, publish: boolean, subscribe: boolean])[] = [
  [anna, "greenhouse/1", true, true],
  [anna, "users/anna/x", true, true],
  [anna, "users/bert/x", true, true],
  [anna, "secret/x", false, false],
  [anna, "do/not/touch/this", false, false],
  [thermometer, "greenhouse/1", true, false],
  [thermometer, "greenhouse/1/2", false, false],
  [thermometer, "users/thermometer/x", true, true],
  [thermometer, "users/anna/x", false, false],
  [{ ...thermometer, id: "t1" }, "clients/t1/status", true, false],
  [{ ...thermometer, id: "t1" }, "clients/t2/status", false, false],
  [{ ...thermometer, id: "wall-1" }, "greenhouse/1/2", false, true],
  [bert, "garden/pond", true, true],
  [bert, "users/bert/x", true, true],
  [sensor, "sensors/1", true, false],
  // (What a ledger says of everybody is for its own.)
  [anna, "sensors/1", true, true],
  [cleo, "sensors/1", false, true],
  // (mosquitto grants every subscription, and filters what is delivered.)
  [cleo, "rooms/cleo/light", true, true],
  [cleo, "rooms/display/light", false, true],
  [cleo, "users/cleo/x", true, true],
  [display, "weather/today", false, true],
  [display, "weather/secret", false, true],
  [nobody, "public/news", false, true],
  [nobody, "suggestions", true, false],
  [nobody, "garden/pond", false, false],
  // (Nobody has checked that name.)
  [unknown, "public/news", false, true],
  [unknown, "users/zoe/x", false, false],
  [{ name: "therm", password: "x" }, "greenhouse/1", false, false],
];

for (const version of ["mqttv311", "mqttv5"] as const) {
  test(
    `config/access.yml: rights are those of who let the client in, then those for everybody, with ${version}`,
    {
      timeout,
      ...needed,
    },
    async () => {
      await using program = await start();
      const port = program.port("tcp");
      for (const [who, topic, publish, subscribe] of may) {
        const about = `${JSON.stringify(who)} ${topic}`;
        if (version === "mqttv5") {
          assert.equal(await publishes(port, who, topic), publish, `publish ${about}`);
        }
        assert.equal(await subscribes(port, who, topic, version), subscribe, `subscribe ${about}`);
      }
    },
  );
}

test("config/access.yml: what is delivered is what may be received", { timeout, ...needed }, async () => {
  await using program = await start();
  const port = String(program.port("tcp"));
  const subscriber = Program.of([
    "mosquitto_sub",
    ...["-p", port, "-V", "mqttv5", ...options(display), "-t", "#", "-v", "-W", "30", "-C", "2"],
  ]);
  // (It has subscribed when what it may see arrives: a message every now and then until then.)
  const publish = (topic: string): Promise<unknown> =>
    run("mosquitto_pub", ["-p", port, ...options(anna), "-t", topic, "-m", "m", "-q", "1"]);
  while (subscriber.output === "") {
    for (const topic of ["weather/secret", "greenhouse/1", "weather/today"]) await publish(topic);
  }
  await publish("weather/tomorrow");
  await subscriber.ended;
  assert.deepEqual(
    [...new Set(subscriber.output.trim().split("\n"))].filter((line) =>
      !/^weather\/(today|tomorrow) m$/.test(line)
    ),
    [],
  );
});

test("config/access.yml: it is said that not everybody needs a password", { timeout }, async () => {
  await using program = await start();
  assert.match(
    program.output,
    /Only this machine can connect, and everyone on it without a password, as far as rules allow it; /,
  );
});
