/** What the debug hook never shows, and what nobody can make it say. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import type { AuthAnswer, AuthExchange, Client, Hook } from "../../src/hook/hook.ts";
import { settle, type TestClient } from "../harness/mod.ts";
import { bytes, published, watch, type Watched } from "./debugged.ts";

describe("debug: secrets", () => {
  /** A method of authentication in which every message is a secret. */
  class Method implements Hook {
    readonly id = "method";
    onAuthPacket(_client: Client, { stage }: AuthExchange): AuthAnswer {
      return { result: stage === "continue" ? "success" : "continue", data: bytes("s3cret-server") };
    }
  }

  async function everySecret(watched: Watched): Promise<TestClient> {
    const properties = { authenticationMethod: "M", authenticationData: bytes("s3cret-client") };
    const client = watched.broker.client(5);
    client.send({
      ...{ type: 1, version: 5, cleanStart: true, keepAlive: 0, clientId: "c", username: "u" },
      ...{ password: bytes("s3cret-password"), will: null, properties },
    });
    await client.expect(15);
    client.send({ type: 15, reasonCode: 0x18, properties });
    await client.expect(2);
    client.send({ type: 15, reasonCode: 0x19, properties });
    await client.expect(15);
    client.send({ type: 15, reasonCode: 0x18, properties });
    await client.expect(15);
    client.disconnect();
    await client.gone();
    await settle();
    return client;
  }

  test("debug: passwords and authentication data are masked in every packet that has them", async () => {
    await using watched = watch({}, new Method(), new AllowAll());
    await everySecret(watched);
    const masked = watched.lines.filter((line) => line.includes("authenticationData=***"));
    assert.deepEqual(masked.map((line) => line.split(" ").filter((_, i) => i !== 1).slice(0, 2).join(" ")), [
      ...["in CONNECT", "out AUTH", "in AUTH", "out CONNACK"],
      ...["in AUTH", "out AUTH", "in AUTH", "out AUTH"],
    ]);
    assert.match(watched.lines[0]!, / username="u" password=\*\*\* /);
    const secrets = ["s3cret", hexOf("s3cret"), String(bytes("s3cret")), btoa("s3cret")];
    for (const line of watched.lines) {
      for (const secret of secrets) assert.ok(!line.includes(secret), line);
    }
  });

  test("debug: the length of a password is no secret that can be read off", async () => {
    await using watched = watch();
    for (const password of ["", "x", "much longer than the others"]) {
      const client = await watched.broker.connected(4, {
        clientId: "c",
        username: "u",
        password: bytes(password),
      });
      await client.lose();
    }
    const shown = watched.having('in "c" CONNECT').map((line) => line.replace(/ remote="[^"]*"/, ""));
    assert.equal(shown.length, 3);
    assert.equal(new Set(shown).size, 1);
  });
});

describe("debug: forgery", () => {
  const evil = 'x" RETAINED\nin "admin" CONNECT\r\u2028\u0085\u202e\u001b[31m\u200b\\';
  const escaped = '"x\\" RETAINED\\nin \\"admin\\" CONNECT\\r\\u2028\\u0085\\u202e\\u001b[31m\\u200b\\\\"';

  test("debug: nothing a client chooses makes a line, or a part of one", async () => {
    await using watched = watch();
    const client = await watched.broker.connected(5, {
      ...{ clientId: evil, username: evil },
      will: { topic: evil, payload: bytes(evil), qos: 0, retain: false, properties: { contentType: evil } },
      properties: { userProperties: [[evil, evil]] },
    });
    await client.subscribe(evil, 1);
    await published(client, evil, evil, { retain: true, properties: { responseTopic: evil.slice(1) } });
    await client.message();
    await client.unsubscribe(evil);
    await client.lose();
    await settle();
    assert.ok(watched.lines.length > 10);
    for (const line of watched.lines) {
      assert.doesNotMatch(line, /[\p{Cc}\u2028\u2029\u202e\u200b]/u);
      assert.ok(/^(in|out|event) /.test(line) && line.split(" ", 1)[0] !== "admin", line);
      assert.ok(line.startsWith(`${line.slice(0, line.indexOf(" "))} ${escaped} `), line);
      // Without what stands in quotes there is nothing left of it.
      assert.doesNotMatch(line.replace(/"(?:[^"\\]|\\.)*"/g, ""), /admin|RETAINED\W*in/);
    }
  });

  test("debug: a client whose id is that of nobody is quoted", async () => {
    await using watched = watch();
    const client = await watched.broker.connected(4, { clientId: "-" });
    await client.lose();
    await settle();
    assert.equal(watched.having("event - ").length, 0);
    assert.equal(watched.having('event "-" DISCONNECTED').length, 1);
  });
});

function hexOf(text: string): string {
  return Array.from(bytes(text), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
