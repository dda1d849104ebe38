/** Which pages may connect: names, addresses and everything that only looks like them. */

import assert from "node:assert/strict";
import { hostname } from "node:os";
import { describe, it } from "node:test";
import {
  canonicalOrigin,
  originAllowed,
  type OriginRule,
} from "../../src/runtime/websocket/websocket_origin.ts";

interface Case {
  origin: string | null;
  host?: string | null;
  from?: string;
  at?: string;
  rule?: OriginRule;
}

function allowed(
  { origin, host = "localhost:1882", from = "127.0.0.1:4711", at = "127.0.0.1", rule = "own" }: Case,
): boolean {
  return originAllowed(rule, { origin, host, remoteAddress: from, hostname: at });
}

const rebound = { host: "evil.example:1882", origin: "http://evil.example:1882" };
const lan = { from: "192.0.2.7:4711", at: "", host: "192.0.2.1:1882" };

const yes: Record<string, Case> = {
  "no origin": { origin: null },
  "no origin, from far away": { ...lan, origin: null },
  "localhost": { origin: "http://localhost" },
  "localhost on another port": { origin: "http://localhost:5173" },
  "localhost over https": { origin: "https://localhost:8443" },
  "localhost in capitals": { origin: "HTTP://LOCALHOST:5173" },
  "localhost with a dot at its end": { origin: "http://localhost.:5173" },
  "a name within localhost": { origin: "http://app.localhost:3000" },
  "127.0.0.1 to localhost": { origin: "http://127.0.0.1:3000" },
  "another address of the loopback network": { origin: "http://127.1.2.3" },
  "[::1]": { origin: "http://[::1]:3000", from: "[::1]:4711", at: "::1", host: "[::1]:1882" },
  "[::1] written out": { origin: "http://[0:0:0:0:0:0:0:1]:3000" },
  "a loopback name at a listener for all addresses": { origin: "http://localhost:3000", at: "" },
  "the name of this machine": { origin: `http://${hostname()}:3000`, host: `${hostname()}:1882` },
  "paho-mqtt 2 to localhost": { origin: "http://localhost:1882", host: "localhost:1882" },
  "paho-mqtt 2 to localhost at port 80": { origin: "http://localhost", host: "localhost" },
  "paho-mqtt 1 to localhost": { origin: "https://localhost:1882", host: "localhost:1882" },
  "paho-mqtt to ::1, without brackets": {
    origin: "http://::1:1882",
    host: "::1:1882",
    from: "[::1]:9",
    at: "::1",
  },
  "paho-mqtt to ::1 at port 80": { origin: "http://::1", host: "::1", from: "[::1]:9", at: "::1" },
  "the same host": { ...lan, origin: "http://192.0.2.1:1882" },
  "the same host, another port": { ...lan, origin: "http://192.0.2.1" },
  "the same name, another port and case": {
    ...lan,
    host: "Broker.lan:1882",
    origin: "https://broker.lan:8443",
  },
  "the same IPv6 address": { ...lan, host: "[2001:db8::1]:1882", origin: "http://[2001:DB8:0::1]" },
  "the same IPv6 address as paho-mqtt writes it": {
    ...lan,
    host: "2001:db8::1:1882",
    origin: "http://2001:db8::1:1882",
  },
  "listed": { origin: "https://app.example", rule: ["https://app.example"] },
  "listed with the port that goes without saying": {
    origin: "https://app.example:443",
    rule: ["https://app.example"],
  },
  "a listed app": { origin: "capacitor://localhost", rule: ["capacitor://localhost"] },
  "a listed null": { origin: "null", rule: ["null"] },
  "any": { origin: "https://evil.example", rule: "any" },
  "any, what is no origin": { origin: "x y", rule: "any" },
};

const no: Record<string, Case> = {
  "another page at loopback": { origin: "https://evil.example" },
  "a name that was pointed to this machine": rebound,
  "the same at a listener for all addresses": { ...rebound, at: "" },
  "the same over IPv6": { ...rebound, from: "[::1]:4711", at: "::1" },
  "the same at a loopback address, from elsewhere": { ...rebound, from: "192.0.2.7:1" },
  "null": { origin: "null" },
  "null from elsewhere, with the same Host": { ...lan, origin: "null", host: "null" },
  "nothing": { origin: "" },
  "two origins": { origin: "http://localhost, http://evil.example" },
  "two origins with a blank": { origin: "http://localhost http://evil.example" },
  "a user before the host": { origin: "http://localhost@evil.example" },
  "a path behind the host": { origin: "http://evil.example/localhost" },
  "localhost as a part": { origin: "http://localhost.evil.example" },
  "localhost as an end": { origin: "http://evillocalhost" },
  "an address as a part": { origin: "http://127.0.0.1.evil.example" },
  "an extension of the browser": { origin: "chrome-extension://localhost" },
  "a file": { origin: "file://" },
  "no scheme": { origin: "localhost" },
  "a port that is none": { origin: "http://localhost:99999" },
  "another host": { ...lan, origin: "http://192.0.2.2:1882" },
  "a loopback name from elsewhere": { ...lan, origin: "http://localhost:5173" },
  "the beginning of the host": { ...lan, host: "broker.lan", origin: "http://broker" },
  "no Host": { ...lan, origin: "http://192.0.2.1", host: null },
  "two Hosts": { ...lan, origin: "http://192.0.2.1", host: "192.0.2.1, evil.example" },
  "a Host with a user": { ...lan, origin: "http://192.0.2.1", host: "x@192.0.2.1" },
  "not listed": { origin: "http://localhost", rule: ["https://app.example"] },
  "listed with another scheme": { origin: "http://app.example", rule: ["https://app.example"] },
  "listed with another port": { origin: "https://app.example:8443", rule: ["https://app.example"] },
  "nothing is listed": { origin: "http://localhost", rule: [] },
};

describe("websocket origin: these pages may connect", () => {
  for (const [name, one] of Object.entries(yes)) it(name, () => assert.equal(allowed(one), true));
});

describe("websocket origin: these may not", () => {
  for (const [name, one] of Object.entries(no)) it(name, () => assert.equal(allowed(one), false));
});

it("websocket origin: a header full of colons is judged at once", () => {
  const colons = ":".repeat(8000);
  const from = performance.now();
  for (let i = 0; i < 100; i++) {
    assert.equal(allowed({ ...lan, origin: `http://${colons}x`, host: `${colons}x` }), false);
    assert.equal(allowed({ ...lan, origin: "http://192.0.2.1", host: `${colons}x` }), false);
  }
  assert.ok(performance.now() - from < 1000);
});

describe("websocket origin: one form for each", () => {
  const forms: [string, string | null][] = [
    ["https://App.Example:443/", "https://app.example"],
    ["http://app.example:80", "http://app.example"],
    ["http://bücher.example", "http://xn--bcher-kva.example"],
    ["https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"],
    ["Capacitor://localhost", "capacitor://localhost"],
    ["file://", "file://"],
    ["null", "null"],
    ["app.example", null],
    ["https://app.example/path", null],
    ["https://*.example", null],
    ["https://", null],
    ["", null],
    ["*", null],
  ];
  for (const [text, expected] of forms) {
    it(JSON.stringify(text), () => assert.equal(canonicalOrigin(text), expected));
  }
});
