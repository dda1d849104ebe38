#!/usr/bin/env bash
# Expected: a client that offers a Topic Alias Maximum puts the topic back before it hands a message on, at every QoS.
# True with MQTT.js 5.16.0: a QoS 2 PUBLISH with an alias in place of the topic is handed on with the topic "".
#   At QoS 0 and 1 the topic is there. (What is kept until PUBREL is the packet as it came.)
# Why it matters: a broker that shortens what it sends with aliases, as MQTT 5 allows it to, delivers messages
#   exactly once to a program that can't tell what they are about, and nothing reports an error.
# Seen: QoS 0 "plant/1/temp", QoS 1 "plant/1/temp", QoS 2 "".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --prefix . --silent --no-audit --no-fund mqtt@5.16.0 mqtt-packet@9.0.2

cat >alias.cjs <<'JS'
const net = require("node:net");
const mqtt = require("mqtt");
const packets = require("mqtt-packet");
const V5 = { protocolVersion: 5 };

// A server that sends two messages: the first names the topic and sets the alias, the second has the alias only.
function serve(qos) {
  return net.createServer((socket) => {
    const send = (packet) => socket.write(packets.generate(packet, V5));
    const publish = (topic, payload, messageId) =>
      send({ cmd: "publish", topic, payload, qos, messageId, dup: false, retain: false, properties: { topicAlias: 1 } });
    const parser = packets.parser(V5);
    parser.on("packet", (packet) => {
      if (packet.cmd === "pubrec") send({ cmd: "pubrel", messageId: packet.messageId });
      if (packet.cmd !== "connect") return;
      send({ cmd: "connack", reasonCode: 0, sessionPresent: false });
      publish("plant/1/temp", "with the topic", 1);
      publish("", "with the alias", 2);
    });
    socket.on("data", (bytes) => parser.parse(bytes));
    socket.on("error", () => {});
  });
}

async function topics(qos) {
  const server = serve(qos);
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const client = mqtt.connect({
    port: server.address().port, host: "127.0.0.1", protocolVersion: 5, properties: { topicAliasMaximum: 5 },
  });
  const got = await new Promise((done) => {
    const seen = [];
    client.on("message", (topic) => seen.push(topic) === 2 && done(seen));
    setTimeout(() => done(seen), 5000).unref();
  });
  client.end(true);
  server.close();
  return JSON.stringify(got);
}

(async () => {
  for (const qos of [0, 1, 2]) console.log(`QoS ${qos}: ${await topics(qos)}`);
  process.exit(0);
})();
JS
node alias.cjs | tee out
printf '%s\n' 'QoS 0: ["plant/1/temp","plant/1/temp"]' 'QoS 1: ["plant/1/temp","plant/1/temp"]' \
  'QoS 2: ["plant/1/temp",""]' >described
cmp -s out described || { echo "changed: not what the comment says" >&2; exit 1; }
