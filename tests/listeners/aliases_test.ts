/** Topic aliases that one listener has and another has not. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AllowAll,
  MemoryListener,
  Server,
  SocketListener,
  TcpListener,
  UnixListener,
  WebSocketListener,
} from "../../mod.ts";
import { memoryPair } from "../../src/runtime/memory_stream.ts";
import { fileLayer } from "../../src/config/file.ts";
import { makeListener } from "../../src/cli/listeners.ts";
import { TestClient } from "../harness/mod.ts";
import { socketClient } from "../harness/socket_client.ts";

const kinds = {
  tcp: (topicAliasMaximumOut) => new TcpListener({ id: "t", address: "127.0.0.1:0", topicAliasMaximumOut }),
  ws: (topicAliasMaximumOut) =>
    new WebSocketListener({ id: "t", address: "127.0.0.1:0", topicAliasMaximumOut }),
  unix: (topicAliasMaximumOut) => new UnixListener({ id: "t", path: "/tmp/x", topicAliasMaximumOut }),
  memory: (topicAliasMaximumOut) => new MemoryListener({ id: "t", topicAliasMaximumOut }),
  socket: (topicAliasMaximumOut) => new SocketListener({ id: "t", topicAliasMaximumOut }),
} satisfies Record<string, (aliases: number) => { readonly topicAliasMaximumOut: number | undefined }>;

for (const [kind, make] of Object.entries(kinds)) {
  test(`listener ${kind}: how many topic aliases the server sets is one of its options`, () => {
    for (const most of [0, 64, 65_535]) assert.equal(make(most).topicAliasMaximumOut, most);
    for (const most of [-1, 65_536, 1.5]) {
      assert.throws(() => make(most), {
        name: "RangeError",
        message: `Cannot use topicAliasMaximumOut of listener "t" ${most}: ` +
          "expected a whole number from 0 to 65535",
      });
    }
  });
}

/** What two messages of one topic look like to the client: their topics. */
async function topics(client: TestClient): Promise<string[]> {
  await client.connect({ properties: { topicAliasMaximum: 10 } });
  await client.subscribe("some/topic");
  for (const text of ["1", "2"]) client.publish("some/topic", text);
  return [(await client.message()).topic, (await client.message()).topic];
}

const inFull = ["some/topic", "some/topic"];
const short = ["some/topic", ""];

for (const [everywhere, here] of [[0, 5], [5, 0]] as const) {
  test(`listener: ${here} topic aliases here, ${everywhere} elsewhere`, async () => {
    await using server = new Server({ capabilities: { topicAliasMaximumOut: everywhere } });
    server.addHook(new AllowAll());
    const address = "127.0.0.1:0";
    const tcp = new TcpListener({ id: "tcp", address, topicAliasMaximumOut: here });
    const other = new TcpListener({ id: "other", address });
    const memory = new MemoryListener({ id: "memory", topicAliasMaximumOut: here });
    for (const listener of [tcp, other, memory]) await server.addListener(listener);
    await server.serve();
    const port = (listener: TcpListener): number => Number(listener.address.split(":").at(-1));
    const expected = here > 0 ? short : inFull;
    assert.deepEqual(await topics(await socketClient(port(tcp))), expected);
    assert.deepEqual(await topics(await socketClient(port(other))), here > 0 ? inFull : short);
    assert.deepEqual(await topics(new TestClient(memory.connect(), 5)), expected);
    // A stream the program has, under the name of a listener.
    const stream = memoryPair((one) => server.acceptStream(one, "tcp"), {
      onError: (error) => {
        throw error;
      },
    });
    assert.deepEqual(await topics(new TestClient(stream, 5)), expected);
  });
}

test("listener: what a file says of topic aliases reaches the listener", async () => {
  const { layer, problems } = fileLayer({
    file: "a.yml",
    text: `listeners:
  - { type: tcp, address: 1883, topicAliasMaximumOut: 7 }
  - { type: ws, address: 1882, topicAliasMaximumOut: 8 }
  - { type: unix, path: /tmp/x, topicAliasMaximumOut: 9 }
  - { type: tcp, address: 1884 }
`,
  });
  assert.deepEqual(problems, []);
  const settings = [...layer.listeners.values()].flat();
  const made = await Promise.all(settings.map((setting) => makeListener(setting, () => new Response())));
  assert.deepEqual(made.map(({ topicAliasMaximumOut }) => topicAliasMaximumOut).sort(), [7, 8, 9, undefined]);
});
