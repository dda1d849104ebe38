/** `config/ledger.yml` means what its comments say. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { Ledger } from "../../../../hooks/auth/ledger.ts";
import { connects, may } from "./fixtures.ts";

const path = fileURLToPath(new URL("../../../../config/ledger.yml", import.meta.url));

test("ledger example: lets in whom it should", async () => {
  const ledger = await Ledger.read(path);
  const far = "203.0.113.9:4000";
  const plain = "plain text works, too";
  assert.equal(await connects(ledger, { username: "anna", password: "x", remote: far }), "deny");
  assert.equal(
    await connects(ledger, { username: "former-colleague", password: "another one", remote: far }),
    "deny",
  );
  assert.equal(await connects(ledger, { remote: "127.0.0.1:4000" }), "allow");
  assert.equal(await connects(ledger, { remote: "[::1]:4000" }), "allow");
  assert.equal(await connects(ledger, { remote: far }), "deny");
  const sensor = { username: "sensor-1", password: plain };
  assert.equal(await connects(ledger, { ...sensor, remote: "192.168.1.7:4000" }), "allow");
  assert.equal(await connects(ledger, { ...sensor, remote: far }), "deny");
});

test("ledger example: allows what it should", async () => {
  const ledger = await Ledger.read(path);
  const anna = { username: "anna" };
  assert.equal(may(ledger, "publish", "home/lamp", anna), "allow");
  assert.equal(may(ledger, "publish", "weather/wind", anna), "deny");
  assert.equal(may(ledger, "subscribe", "weather/+", anna), "allow");
  assert.equal(may(ledger, "deliver", "public/x", anna), "allow");
  const admin = { username: "admin" };
  assert.equal(may(ledger, "publish", "secret/x", admin), "allow");
  assert.equal(may(ledger, "publish", "secret/x", { ...admin, remote: "10.0.0.1:1" }), "deny");
  const sensor = { username: "sensor-1" };
  assert.equal(may(ledger, "publish", "sensors/1", sensor), "allow");
  assert.equal(may(ledger, "subscribe", "sensors/#", sensor), "deny");
  assert.equal(may(ledger, "subscribe", "commands/#", sensor), "allow");
  assert.equal(may(ledger, "publish", "elsewhere"), "deny");
  assert.equal(may(ledger, "subscribe", "#"), "deny");
  assert.equal(may(ledger, "subscribe", "$SYS/#"), "allow");
  assert.equal(may(ledger, "publish", "$SYS/x"), "deny");
});
