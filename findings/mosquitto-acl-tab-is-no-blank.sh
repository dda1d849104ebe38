#!/usr/bin/env bash
# Expected: in mosquitto's acl_file "topic read a" and the same words with a tab between them say the same, as blanks and tabs
#   do in its other files; or the line is refused.
# True with Debian's mosquitto 2.0.11: words end at blanks only. "topic read<TAB>plant/1" is taken without a word in the log,
#   and lets nobody read plant/1: the tab and what follows it became part of a topic that nobody publishes to.
# Why it matters: files that an editor or a script has aligned with tabs start without an error and deny what they seem to
#   allow; whoever takes such files over meets rules about topics nobody has, and should say so instead of repeating it.
# Seen: with a blank the message to plant/1 is delivered, with a tab it is not, and the log has no error or warning.
set -euo pipefail
mosquitto=$(command -v mosquitto || echo /usr/sbin/mosquitto)
[ -x "$mosquitto" ] && command -v mosquitto_sub >/dev/null || { echo "needs mosquitto and its clients" >&2; exit 2; }
work=$(mktemp -d)
pids=()
trap 'exec 2>/dev/null; kill -KILL "${pids[@]}" || true; wait || true; rm -rf "$work"' EXIT
cd "$work"
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
"$mosquitto" -h | head -n 1 || true
tab=$'\t'
for between in " " "$tab"; do
  port=$(free_port)
  printf '%s\n' "user writer" "topic #" "user reader" "topic read${between}plant/1" >acl
  chmod 644 acl
  printf '%s\n' "listener $port 127.0.0.1" "allow_anonymous true" "acl_file $work/acl" "user $(id -un)" >broker.conf
  : >log
  "$mosquitto" -v -c broker.conf >log 2>&1 &
  pids+=($!)
  for _ in $(seq 100); do grep -q " running" log && break; sleep 0.1; done
  timeout 5 mosquitto_sub -p "$port" -u reader -i reader -t '#' >got 2>/dev/null &
  reader=$!
  pids+=($reader)
  for _ in $(seq 100); do grep -q "Sending SUBACK to reader" log && break; sleep 0.1; done
  mosquitto_pub -p "$port" -u writer -t plant/1 -m plain
  sleep 1
  kill $reader 2>/dev/null || true
  [ "$between" = " " ] && name=blank || name=tab
  echo "$name: $(cat got) ($(grep -ci 'acl\|error' log || true) complaints)"
done >seen
cat seen
printf '%s\n' "blank: plain (0 complaints)" "tab:  (0 complaints)" >described
cmp -s seen described || { echo "changed: not what the comment says" >&2; exit 1; }
