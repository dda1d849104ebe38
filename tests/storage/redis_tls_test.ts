/** Certificates for Redis are read like those of listeners: what is wrong is said before anything is connected to. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { checkedTls } from "../../hooks/storage/redis/certificates.ts";
import { RedisStorage, type RedisTls } from "../../hooks/storage/redis.ts";
import { makeStorage } from "../../src/cli/storage.ts";
import type { StorageValues } from "../../src/config/storage.ts";
import { fixture } from "../runtime/transports.ts";

const path = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const device = fixture("device.crt").trimEnd() + fixture("device.key");
const authorities = `\uFEFF${fixture("authority.crt").trimEnd()}${fixture("other_authority.crt")}`;

test("redis tls: one PEM with certificate and key, and a bundle of authorities, in any form", () => {
  assert.deepEqual(checkedTls({ cert: device, key: device, ca: authorities, serverName: "redis" }), {
    cert: fixture("device.crt"),
    key: fixture("device.key"),
    ca: fixture("authority.crt") + fixture("other_authority.crt"),
    serverName: "redis",
  });
  const encrypted = { cert: fixture("server.crt"), key: fixture("server_des3.key"), passphrase: "secret" };
  assert.doesNotMatch(JSON.stringify(checkedTls(encrypted)), /ENCRYPTED|secret/);
});

const wrong: [string, RedisTls, RegExp][] = [
  ["half a pair", { cert: device }, /^The certificate for Redis needs its private key as well; one PEM/],
  ["the other half", { key: device }, /^The private key for Redis needs its certificate as well; one PEM/],
  [
    "an authority that is a key",
    { ca: fixture("device.key") },
    /^The certificate authority for Redis is a private key, /,
  ],
  [
    "an encrypted key",
    { cert: fixture("server.crt"), key: fixture("server_encrypted.key") },
    /^The private key for Redis is encrypted, expected its passphrase in tls\.passphrase$/,
  ],
];
for (const [name, tls, message] of wrong) {
  test(`redis tls: ${name} is refused`, () => {
    assert.throws(() => new RedisStorage({ tls }), { name: "TypeError", message });
  });
}

const files: [string, Partial<StorageValues>, RegExp][] = [
  [
    "none there",
    { ca: "/nowhere/ca.crt" },
    /^The certificate authority for Redis "\/nowhere\/ca\.crt" cannot be read: no such/,
  ],
  [
    "exchanged",
    { cert: path("device.key"), key: path("device.crt") },
    /^The certificate for Redis ".*device\.key" is a private key, and the private key for Redis ".*" a certificate: /,
  ],
  [
    "encrypted",
    { cert: path("server.crt"), key: path("server_encrypted.key") },
    /server_encrypted\.key" is encrypted, expected its passphrase in storage\.passphrase \(COMQTT_STORAGE_PASSPHRASE\)$/,
  ],
];
for (const [name, values, message] of files) {
  test(`redis tls: files that are wrong are named, ${name}`, async () => {
    await assert.rejects(makeStorage({ type: "redis", values }), { message });
  });
}

test("redis tls: files and a passphrase", async () => {
  const values = { cert: path("server.crt"), key: path("server_encrypted.key"), passphrase: "secret" };
  assert.ok(await makeStorage({ type: "redis", values }) instanceof RedisStorage);
});
