#!/usr/bin/env bash
# Expected: paho-mqtt over WebSocket answers a PING of the server, and the connection lives on.
# True with paho-mqtt 2.1.0: the PONG is sent without a mask. RFC 6455, 5.1, wants a mask on every frame of a
#   client and has the server close the connection otherwise; the ws package 8.23.0 does, with code 1002.
# Why it matters: a broker that pings its WebSocket clients, to see whether they are there or to keep a proxy
#   from closing an idle connection, loses every Python device at the first ping, right after it connected.
# Seen: "Invalid WebSocket frame: MASK must be set"; the MQTT client reports an unspecified error.
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
npm install --prefix . --silent --no-audit --no-fund ws@8.23.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check paho-mqtt==2.1.0

cat >server.cjs <<'JS'
const { WebSocketServer } = require("ws");
const { writeFileSync } = require("node:fs");
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
server.on("listening", () => writeFileSync("port", `${server.address().port}\n`));
server.on("connection", (socket) => {
  socket.once("message", () => {
    socket.send(Buffer.of(0x20, 2, 0, 0)); // CONNACK: accepted
    setTimeout(() => socket.ping("x"), 300);
  });
  socket.on("pong", () => console.log("server: a good PONG"));
  socket.on("error", (error) => console.log(`server: ${error.message} (${error.code})`));
});
JS
cat >client.py <<'PY'
import sys, time
import paho.mqtt.client as mqtt

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="device", transport="websockets")
gone = []
client.on_connect = lambda c, u, f, reason, p: print("client: connected,", reason)
client.on_disconnect = lambda c, u, f, reason, p: gone.append(str(reason))
client.connect("127.0.0.1", int(sys.argv[1]), keepalive=60)
until = time.monotonic() + 5
while not gone and time.monotonic() < until:
    client.loop(0.1)
print("client: connection lost," if gone else "client: still connected", *gone)
PY

node server.cjs >server.out &
server=$!
for _ in $(seq 50); do [ -s port ] && break; sleep 0.1; done
venv/bin/python client.py "$(cat port)" | tee client.out
cat server.out
if grep -q WS_ERR_EXPECTED_MASK server.out && grep -q "connection lost" client.out; then exit 0; fi
echo "changed: the PONG of paho-mqtt is taken" >&2
exit 1
