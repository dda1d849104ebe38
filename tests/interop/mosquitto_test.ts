/** mosquitto_pub and mosquitto_sub through the broker. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Program } from "../harness/program.ts";
import type { Ran } from "../harness/run.ts";
import { startEverything, tlsFile } from "./everything.ts";
import { until } from "../harness/time.ts";
import { needed, run } from "./mosquitto.ts";

const versions = ["mqttv31", "mqttv311", "mqttv5"] as const;
const transports = ["tcp", "tls", "unix"] as const;

let program: Program;
before(async () => {
  program = await startEverything();
});
after(async () => await program[Symbol.asyncDispose]());

function through(transport: (typeof transports)[number]): string[] {
  if (transport === "unix") return ["--unix", program.address("unix")];
  const place = ["-h", "localhost", "-p", String(program.port(transport))];
  return transport === "tls" ? [...place, "--cafile", tlsFile("authority.crt")] : place;
}

/** A mosquitto_sub whose subscription the broker has. */
async function subscribed(args: readonly string[]): Promise<{ ran: Promise<Ran> }> {
  const before = await subscriptions();
  const ran = run("mosquitto_sub", args);
  await until(async () => await subscriptions() > before, "the subscription");
  return { ran };
}

async function subscriptions(): Promise<number> {
  const answer = await fetch(`http://${program.address("http")}/`);
  return (await answer.json() as { subscriptions: number }).subscriptions;
}

for (const transport of transports) {
  for (const version of versions) {
    for (const qos of ["0", "1", "2"]) {
      test(`mosquitto: ${version} over ${transport} with QoS ${qos}`, needed, async () => {
        const topic = `${transport}/${version}/${qos}`;
        const common = [...through(transport), "-V", version, "-q", qos];
        const name = `${transport}-${version}-${qos}`;
        const subscriber = await subscribed([
          ...common,
          ...["-i", `s-${name}`, "-t", `${transport}/+/${qos}`, "-C", "2", "-F", "%t %q %p"],
        ]);
        const messages = ["-t", topic, "-i", `p-${name}`];
        const first = await run("mosquitto_pub", [...common, ...messages, "-m", "one"]);
        assert.equal(first.code, 0, first.errors);
        const second = await run("mosquitto_pub", [...common, ...messages, "-m", "two"]);
        assert.equal(second.code, 0, second.errors);
        const { code, output, errors } = await subscriber.ran;
        assert.equal(code, 0, errors + output);
        assert.deepEqual(output.trimEnd().split("\n"), [`${topic} ${qos} one`, `${topic} ${qos} two`]);
      });
    }
  }
}

test("mosquitto: a retained message comes to whoever subscribes later", needed, async () => {
  const common = [...through("tcp"), "-V", "mqttv5"];
  await run("mosquitto_pub", [...common, "-t", "kept", "-m", "still here", "-r", "-q", "1"]);
  const { code, output } = await run("mosquitto_sub", [...common, "-t", "kept", "-C", "1", "-F", "%r %p"]);
  assert.equal(code, 0);
  assert.equal(output, "1 still here\n");
});

test("mosquitto: MQTT 5 properties arrive as they were sent", needed, async () => {
  const common = [...through("tcp"), "-V", "mqttv5"];
  const subscriber = await subscribed([...common, "-t", "props", "-C", "1", "-F", "%P|%C|%R|%p"]);
  const properties = [
    ...["-D", "publish", "user-property", "colour", "green"],
    ...["-D", "publish", "content-type", "text/plain", "-D", "publish", "response-topic", "answers"],
  ];
  const { code } = await run("mosquitto_pub", [...common, "-t", "props", "-m", "x", ...properties]);
  assert.equal(code, 0);
  const { output } = await subscriber.ran;
  assert.match(output, /^colour:green\|text\/plain\|answers\|x$/m);
});

test("mosquitto: $SYS says which version it is", needed, async () => {
  const { code, output } = await run("mosquitto_sub", [
    ...through("tcp"),
    ...["-t", "$SYS/broker/version", "-C", "1", "-W", "10"],
  ]);
  assert.equal(code, 0);
  assert.match(output, /^\d+\.\d+\.\d+\n$/);
});
