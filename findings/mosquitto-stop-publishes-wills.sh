#!/usr/bin/env bash
# Expected: stopping a broker in good order (SIGTERM) and starting it again is a short break: the clients' sessions
#   go on, and a will with a Will Delay Interval of ten minutes is not due ([MQTT-3.1.3-9]).
# True with Debian's mosquitto 2.0.11: while it ends it publishes the will of every connected client at once, whatever
#   its delay, and with `persistence true` saves the retained ones. The delay is kept when the client itself breaks off.
# Why it matters: after each update of the broker the store says "offline" for every device, over the "online" that
#   they had published, until each says otherwise. Whoever takes over the data file of a stopped mosquitto takes that
#   over, too: copy a file that was saved while it ran (SIGUSR1), not the one that it left.
# Seen: "online" while it runs, still "online" after another client with such a will was killed, "offline" after the
#   restart.
set -euo pipefail
mosquitto=$(command -v mosquitto || echo /usr/sbin/mosquitto)
[ -x "$mosquitto" ] && command -v mosquitto_sub >/dev/null || { echo "needs mosquitto and its clients" >&2; exit 2; }
work=$(mktemp -d)
pids=()
trap 'exec 2>/dev/null; kill -KILL "${pids[@]}" || true; wait || true; rm -rf "$work"' EXIT
cd "$work"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# (`user` is for a root that starts it: it would otherwise give up the right to write its file.)
printf '%s\n' "listener $port 127.0.0.1" "allow_anonymous true" "persistence true" "persistence_location $work/" \
  "user $(id -un)" >broker.conf
broker() {
  : >log
  "$mosquitto" -v -c broker.conf >log 2>&1 &
  broker=$!
  pids+=($broker)
  wait_for " running"
}
wait_for() {
  for _ in $(seq 100); do grep -q -- "$1" log && return 0; sleep 0.1; done
  echo "not seen in the log: $1" >&2
  exit 1
}
# device NAME: publishes "online", then stays connected with the will "offline", due ten minutes after a break
device() {
  mosquitto_pub -p "$port" -q 1 -r -t "$1/state" -m online
  mosquitto_sub -V 5 -p "$port" -i "$1" -c -x 3600 -t nothing --will-topic "$1/state" --will-payload offline \
    --will-retain --will-qos 1 -D will will-delay-interval 600 >/dev/null 2>&1 &
  device=$!
  disown $device
  pids+=($device)
  wait_for "Sending SUBACK to $1"
}
state() { mosquitto_sub -p "$port" -q 1 -t "$1/state" -C 1 -W 5 || echo nothing; }

"$mosquitto" -h | head -n 1 || true
broker
device killed
kill -KILL "$device"
device connected
sleep 1
running="$(state killed) $(state connected)"
echo "the broker runs: killed and connected device are $running"
kill -TERM "$broker"
wait "$broker" || true
kill "$device" 2>/dev/null || true
broker
restarted=$(state connected)
echo "stopped with SIGTERM and started again: the connected device is $restarted"
[ "$running $restarted" = "online online offline" ] && exit 0
echo "changed: not what the comment says" >&2
exit 1
