#!/usr/bin/env bash
# Expected: two mosquittos joined by a bridge agree again after the line was down. What was published meanwhile is
#   sent on, and the bridge isn't sent its own messages: with MQTT 3.1.1 it asks for that by the bridge bit of the
#   protocol level, with MQTT 5 by No Local ([MQTT-3.8.3-3]).
# True with Debian's mosquitto 2.0.11: live messages don't come back, but retained ones of its own are sent to the
#   bridge when it subscribes after the break. The old value arrives while the new one is on its way out, so that each
#   side ends with the other's: the side that published "new" keeps "old", the far side keeps "new".
# Why it matters: the broker on the site shows and keeps a state that its own devices have left, and its subscribers
#   get the old value last, as a live message, from a set-up of two lines and one restart of the far side. A broker
#   at the far end that follows the rule prevents it, and differs in this from the one that it replaces.
# Seen: near "old", far "new", a subscriber at the near side gets "old new old", with mqttv311 and mqttv50.
set -euo pipefail
mosquitto=$(command -v mosquitto || echo /usr/sbin/mosquitto)
[ -x "$mosquitto" ] && command -v mosquitto_sub >/dev/null || { echo "needs mosquitto and its clients" >&2; exit 2; }
work=$(mktemp -d)
pids=()
trap 'exec 2>/dev/null; kill -KILL "${pids[@]}" || true; wait || true; rm -rf "$work"' EXIT
cd "$work"
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# broker NAME: starts it, with its verbose log added to NAME.log
broker() {
  "$mosquitto" -v -c "$1.conf" >>"$1.log" 2>&1 &
  pids+=($!)
}
# wait_for FILE TEXT TIMES
wait_for() {
  for _ in $(seq 150); do [ "$(grep -c -- "$2" "$1" || true)" -ge "$3" ] && return 0; sleep 0.1; done
  echo "not seen $3 times in $1: $2" >&2
  exit 1
}
kept() { mosquitto_sub -p "$1" -t plant/valve -C 1 -W 5 || echo nothing; }

"$mosquitto" -h | head -n 1 || true
for version in mqttv311 mqttv50; do
  far=$(free_port)
  near=$(free_port)
  rm -f far.db
  : >far.log >near.log
  # (`user` is for a root that starts it: it would otherwise give up the right to write its file.)
  printf '%s\n' "listener $far 127.0.0.1" "allow_anonymous true" "persistence true" "persistence_location $work/" \
    "persistence_file far.db" "user $(id -un)" >far.conf
  printf '%s\n' "listener $near 127.0.0.1" "allow_anonymous true" "connection up" "address 127.0.0.1:$far" \
    "topic # both 1" "bridge_protocol_version $version" "notifications false" "restart_timeout 1 1" >near.conf
  broker far
  wait_for far.log " running" 1
  broker near
  wait_for far.log "Sending SUBACK to" 1
  mosquitto_pub -p "$near" -q 1 -r -t plant/valve -m old
  wait_for far.log "Received PUBLISH from" 1
  mosquitto_sub -p "$near" -i watcher -q 1 -t plant/valve >watched &
  pids+=($!)
  wait_for near.log "Sending SUBACK to watcher" 1
  kill "${pids[-3]}"
  wait "${pids[-3]}" || true
  mosquitto_pub -p "$near" -q 1 -r -t plant/valve -m new
  broker far
  wait_for far.log "Received PUBLISH from" 2
  sleep 1
  echo "$version: near keeps $(kept "$near"), far keeps $(kept "$far"), a subscriber at the near side got" $(cat watched)
done >seen
cat seen
same="near keeps old, far keeps new, a subscriber at the near side got old new old"
printf '%s\n' "mqttv311: $same" "mqttv50: $same" >described
cmp -s seen described || { echo "changed: not what the comment says" >&2; exit 1; }
