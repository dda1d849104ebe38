/** Addresses as users write them. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseAddress } from "../../src/listeners/address.ts";
import { ListenerError } from "../../src/listeners/listener_error.ts";

describe("listener address", () => {
  const valid: [string, string, number][] = [
    [":1883", "", 1883],
    ["1883", "", 1883],
    [" 1883 ", "", 1883],
    ["0", "", 0],
    [":0", "", 0],
    ["127.0.0.1:1883", "127.0.0.1", 1883],
    ["0.0.0.0:65535", "0.0.0.0", 65535],
    ["[::1]:1883", "::1", 1883],
    ["[::]:0", "::", 0],
    ["[fe80::1]:1883", "fe80::1", 1883],
    ["localhost:1883", "localhost", 1883],
    ["broker_1.example.com:8883", "broker_1.example.com", 8883],
  ];
  for (const [text, hostname, port] of valid) {
    it(`"${text}" is taken`, () => assert.deepEqual(parseAddress(text), { hostname, port }));
  }

  const port = /^Invalid listener address ".*": the port must be a number from 0 to 65535$/;
  const form = /^Invalid listener address ".*": expected "host:port", "\[ipv6\]:port", ":port" or "port"$/;
  const invalid: [string, RegExp][] = [
    ["", form],
    ["localhost", form],
    ["::1:1883", form],
    ["[::1]", form],
    ["[::1:1883", form],
    ["[nonsense]:1883", form],
    ["[127.0.0.1]:1883", form],
    ["host name:1883", form],
    ["tcp://localhost:1883", form],
    ["-host:1883", form],
    [":", port],
    ["localhost:", port],
    ["localhost:mqtt", port],
    ["localhost:-1", port],
    ["localhost:65536", port],
    ["70000", port],
    ["99999999999999999999", port],
    ["127.0.0.1:1883/path", port],
  ];
  for (const [text, message] of invalid) {
    it(`"${text}" is refused in one line`, () => {
      assert.throws(() => parseAddress(text), (error: Error) => {
        assert.ok(error instanceof ListenerError);
        assert.match(error.message, message);
        assert.ok(error.message.includes(`"${text}"`));
        return true;
      });
    });
  }
});
