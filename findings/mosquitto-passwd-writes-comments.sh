#!/usr/bin/env bash
# Expected: a user that mosquitto_passwd has added without a complaint can log in at mosquitto with that file.
# True with Debian's mosquitto 2.0.11: a name that begins with "#" is written as a line that mosquitto takes for a comment,
#   so that user never exists for the broker: each login is refused with 5. Asked to change the same user's password,
#   mosquitto_passwd finds the line and changes it; asked to delete the user, it deletes it: to the tool the user is there.
# Why it matters: names are made by scripts ("#12", "#pump"); whoever reads such a file in a broker, or moves its users
#   to another one, has to decide whether these are users or comments, and the one who wrote them meant users.
# Seen: "#pump" is in the file after -b, is refused (5), plain "pump" is let in (0), and -D "#pump" succeeds.
set -euo pipefail
mosquitto=$(command -v mosquitto || echo /usr/sbin/mosquitto)
[ -x "$mosquitto" ] && command -v mosquitto_pub mosquitto_passwd >/dev/null || { echo "needs mosquitto and its clients" >&2; exit 2; }
work=$(mktemp -d)
pid=
trap 'exec 2>/dev/null; kill -KILL $pid || true; wait || true; rm -rf "$work"' EXIT
cd "$work"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
: >users
mosquitto_passwd -b users "#pump" turning
mosquitto_passwd -b users pump turning
chmod 644 users
printf '%s\n' "listener $port 127.0.0.1" "allow_anonymous false" "password_file $work/users" "user $(id -un)" >broker.conf
"$mosquitto" -v -c broker.conf >log 2>&1 &
pid=$!
for _ in $(seq 100); do grep -q " running" log && break; sleep 0.1; done
# login NAME: the return code of CONNACK
login() {
  mosquitto_pub -p "$port" -u "$1" -P turning -t a -m b >/dev/null 2>&1 && echo 0 || echo $?
}
"$mosquitto" -h | head -n 1 || true
{
  echo "in the file: $(grep -c '^#pump:' users)"
  echo "#pump: $(login '#pump'), pump: $(login pump)"
  mosquitto_passwd -D users "#pump" >/dev/null 2>&1 && echo "deleted, in the file: $(grep -c '^#pump:' users || true)"
} >seen
cat seen
printf '%s\n' "in the file: 1" "#pump: 5, pump: 0" "deleted, in the file: 0" >described
cmp -s seen described || { echo "changed: not what the comment says" >&2; exit 1; }
