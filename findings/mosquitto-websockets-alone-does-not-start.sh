#!/usr/bin/env bash
# Expected: a mosquitto whose only listener is one for WebSocket starts, as one with that listener and any other does.
# True with Debian's mosquitto 2.0.11: it says "Unable to start any listening sockets, exiting" and ends with 1, because only
#   listeners for plain MQTT are counted; with a second listener beside it, a Unix socket for example, the same one opens.
# Why it matters: a broker that serves browsers alone needs a listener nobody uses, and a configuration that is moved to another
#   broker has one that is there for this reason only.
# Seen: alone it ends with 1; beside a Unix socket it runs, and the WebSocket port answers.
set -euo pipefail
mosquitto=$(command -v mosquitto || echo /usr/sbin/mosquitto)
[ -x "$mosquitto" ] || { echo "needs mosquitto" >&2; exit 2; }
work=$(mktemp -d)
pid=
trap 'exec 2>/dev/null; kill -KILL $pid || true; wait || true; rm -rf "$work"' EXIT
cd "$work"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
listener=("listener $port 127.0.0.1" "protocol websockets" "allow_anonymous true" "user $(id -un)")
"$mosquitto" -h | head -n 1 || true
printf '%s\n' "${listener[@]}" >alone.conf
status=0
timeout 10 "$mosquitto" -c alone.conf >alone.log 2>&1 || status=$?
printf '%s\n' "${listener[@]}" "listener 0 $work/socket" "protocol mqtt" >beside.conf
"$mosquitto" -c beside.conf >beside.log 2>&1 &
pid=$!
answer=none
for _ in $(seq 50); do
  answer=$(curl -s -m 5 -o /dev/null -w '%{http_code}' -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
    -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' -H 'Sec-WebSocket-Protocol: mqtt' \
    "http://127.0.0.1:$port/" || true)
  [ "$answer" = 101 ] && break
  sleep 0.1
done
{
  echo "alone: $status, $(grep -c 'Unable to start any listening sockets' alone.log) complaint"
  echo "beside another: $answer"
} >seen
cat seen
printf '%s\n' "alone: 1, 1 complaint" "beside another: 101" >described
cmp -s seen described || { echo "changed: not what the comment says" >&2; exit 1; }
