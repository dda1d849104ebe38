/** MQTT 5.0 section 3.1.2.11.7: who wants to know no more than the code. */

import assert from "node:assert/strict";
import type { Hook } from "../../../src/hook/hook.ts";
import type { Properties } from "../../../src/packets/properties.ts";
import { connectPacket, TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { raw, refused } from "./raw.ts";

const hook: Hook = {
  id: "h",
  onConnectAuthenticate: (_, { username }) => username === "stranger" ? "deny" : "allow",
  onAclCheck: (_, action, topic) => topic.startsWith("no") && action !== "deliver" ? "deny" : "allow",
  onAuthPacket: () => ({ result: "success" }),
};

/** Has every answer made that may have something to say; the properties of each, by type. */
async function answers(client: TestClient): Promise<Record<number, Properties>> {
  client.publish("no", "", { qos: 1 });
  client.publish("no", "", { qos: 2 });
  client.ack(6, 99);
  client.ack(5, 99);
  client.sendBytes(raw(0x82, `0063 00 "no" 00 "no/#" 00 "#/a" 00`));
  client.sendBytes(raw(0xa2, `0063 00 "no" "#/a"`));
  const found: Record<number, Properties> = {};
  for (const type of [4, 5, 7, 6, 9, 11] as const) found[type] = (await client.expect(type)).properties;
  return found;
}

const says = ({ reasonString, userProperties }: Properties): boolean =>
  reasonString !== undefined || userProperties !== undefined;

conforms(
  5,
  ["MQTT-3.1.2-29"],
  "problem information: with 0, only PUBLISH, CONNACK and DISCONNECT have reason strings and user properties",
  async () => {
    await using t = new TestBroker({ hooks: [hook] });
    const silent = await t.connected(5, { properties: { requestProblemInformation: false } });
    for (const [type, properties] of Object.entries(await answers(silent))) {
      assert.ok(!says(properties), `packet type ${type}`);
    }
    // What publishers say is not problem information.
    await silent.subscribe("a");
    silent.publish("a", "", { properties: { userProperties: [["k", "v"]] } });
    assert.deepEqual((await silent.message()).properties.userProperties, [["k", "v"]]);
    const authenticated = await t.connected(5, {
      properties: { requestProblemInformation: false, authenticationMethod: "m" },
    });
    authenticated.send({ type: 15, reasonCode: 0x19, properties: { authenticationMethod: "m" } });
    assert.ok(!says((await authenticated.expect(15)).properties));
  },
);

conforms(5, ["MQTT-3.1.2-29"], "problem information: with 1 or unsaid, the broker tells why", async () => {
  await using t = new TestBroker({ hooks: [hook] });
  for (const properties of [{}, { requestProblemInformation: true }]) {
    const client = await t.connected(5, { properties });
    const found = await answers(client);
    assert.equal(found[4]!.reasonString, "Not authorized");
    assert.equal(found[5]!.reasonString, "Not authorized");
    client.sendBytes(raw(0x30, `"a/#" 00`));
    assert.ok((await client.expect(14)).properties.reasonString!.length > 0);
    const stranger = t.client();
    stranger.send(connectPacket({ username: "stranger", properties }));
    assert.equal((await refused(stranger, 0x86)).reasonString, "Bad User Name or Password");
  }
});
