import assert from "node:assert/strict";
import test from "node:test";
import { decode } from "../../src/packets/decode.ts";
import { Malformed, Reasons, UnsupportedVersion } from "../../src/packets/reason.ts";
import { MALFORMED_FIXTURES } from "./fixtures/malformed.ts";
import { bytes, decodeBody, options } from "./notation.ts";

for (const { name, rule, versions, first, body, reason } of MALFORMED_FIXTURES) {
  for (const version of versions) {
    test(`decode: ${name} is refused, version ${version}, ${rule}, ${body}`, () => {
      const answer = decodeBody(first, bytes(body), version);
      assert.ok(answer instanceof Malformed, `taken for ${JSON.stringify(answer)}`);
      assert.equal(answer.reason, reason, answer.detail);
      assert.ok(!(answer instanceof UnsupportedVersion));
      assert.notEqual(answer.detail, "");
    });
  }
}

const UNSUPPORTED: readonly [name: string, level: number][] = [
  ["MQTT", 0],
  ["MQTT", 3],
  ["MQTT", 6],
  ["MQTT", 0x83],
  ["MQTT", 0x85],
  ["MQIsdp", 4],
  ["MQIsdp", 5],
  ["MQIsdp", 0x84],
  ["mqtt", 4],
  ["MQTTX", 5],
  ["", 4],
];

for (const [name, level] of UNSUPPORTED) {
  test(`decode: protocol "${name}" level ${level} is unsupported [MQTT-3.1.2-1] [MQTT-3.1.2-2]`, () => {
    const level_ = level.toString(16).padStart(2, "0");
    // Nothing behind the level counts: another protocol may go on in its own way.
    for (const rest of ["", `02 003c "c"`, "ff ff ff ff"]) {
      const answer = decodeBody(0x10, bytes(`"${name}" ${level_} ${rest}`), 4);
      assert.ok(answer instanceof UnsupportedVersion);
      assert.equal(answer.reason, Reasons.unsupportedProtocolVersion);
      assert.equal(answer.level, level);
    }
  });
}

test("decode: more user properties than the limit are over the quota", () => {
  const two = bytes(`"a" 0e 26 "k" "v" 26 "k" "v"`);
  assert.ok(!(decode(0x30, two, 0, two.length, options(5, 2)) instanceof Malformed));
  for (const limit of [1, 0]) {
    const answer = decode(0x30, two, 0, two.length, options(5, limit));
    assert.ok(answer instanceof Malformed);
    assert.equal(answer.reason, Reasons.quotaExceeded);
  }
});

test("decode: a CONNECT and its will have a limit of user properties each", () => {
  const connect = bytes(`"MQTT" 05 06 003c 07 26 "k" "v" "c" 07 26 "k" "v" "w" ""`);
  assert.ok(!(decode(0x10, connect, 0, connect.length, options(4, 1)) instanceof Malformed));
});
