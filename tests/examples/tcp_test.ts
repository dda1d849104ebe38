/** examples/tcp.ts */

import assert from "node:assert/strict";
import { test } from "node:test";
import { needed, run } from "../interop/mosquitto.ts";
import { Example } from "./example.ts";

test("examples: tcp.ts lets mosquitto's clients talk", needed, async () => {
  await using example = await Example.start("tcp");
  const place = ["-h", "127.0.0.1", "-p", String(example.ports[0]), "-t", "greenhouse/temperature"];
  const published = await run("mosquitto_pub", [...place, "-m", "21.5", "-q", "1", "-r"]);
  assert.equal(published.code, 0, published.errors);
  const received = await run("mosquitto_sub", [...place, "-C", "1", "-W", "10"]);
  assert.equal(received.output, "21.5\n", received.errors);
  await example.stop("SIGTERM");
  assert.equal(example.errors, "");
});
