/** examples/tls.ts */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { tlsFile } from "../interop/everything.ts";
import { needed, run } from "../interop/mosquitto.ts";
import { Device } from "./device.ts";
import { Example } from "./example.ts";

const certificate = { TLS_CERT: tlsFile("server.crt"), TLS_KEY: tlsFile("server.key") };

test("examples: tls.ts speaks TLS, and reads its certificate again", needed, async () => {
  await using example = await Example.start("tls", { variables: certificate });
  const place = [
    "-h",
    "localhost",
    "-p",
    String(example.ports[0]),
    "--cafile",
    tlsFile("authority.crt"),
    "-t",
    "t",
  ];
  const published = await run("mosquitto_pub", [...place, "-m", "21.5", "-q", "1", "-r"]);
  assert.equal(published.code, 0, published.errors);
  example.signal("SIGHUP");
  await example.says(/^New certificate$/m);
  const received = await run("mosquitto_sub", [...place, "-C", "1", "-W", "10"]);
  assert.equal(received.output, "21.5\n", received.errors);
  await example.stop();
  assert.equal(example.errors, "");
});

test("examples: tls.ts with TLS_CA takes only clients with a certificate", async () => {
  await using example = await Example.start("tls", {
    variables: { ...certificate, TLS_CA: tlsFile("authority.crt") },
  });
  const url = `mqtts://localhost:${example.ports[0]}`;
  const ca = readFileSync(tlsFile("authority.crt"), "utf8");
  const own = {
    cert: readFileSync(tlsFile("device.crt"), "utf8"),
    key: readFileSync(tlsFile("device.key"), "utf8"),
  };
  await assert.rejects(Device.connect(url, { ca, protocolVersion: 5 }));
  await using device = await Device.connect(url, { ca, ...own, protocolVersion: 5 });
  assert.equal(device.client.connected, true);
  await example.stop();
});
