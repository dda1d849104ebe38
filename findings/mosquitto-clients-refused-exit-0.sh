#!/usr/bin/env bash
# Expected: mosquitto_pub and mosquitto_sub end with a code other than 0 when the broker has refused what they were started for:
#   their manual says 0 is success.
# True with Debian's mosquitto-clients 2.0.11 and MQTT 5: mosquitto_pub -q 1 is told by PUBACK 0x87 that its message was not
#   taken, writes one line on it and ends with 0; mosquitto_sub is told by SUBACK that its only subscription is denied, says so
#   and ends with 0 as well. Only the text tells it from success.
# Why it matters: scripts that publish settings, and checks that try whether somebody may read, take "refused" for "done"; tests
#   of access control by these programs have to look at what they say, or see a broker that refuses nothing.
# Seen: pub: allowed 0, refused 0 with "Not authorized"; sub: refused 0 with "All subscription requests were denied".
set -euo pipefail
mosquitto=$(command -v mosquitto || echo /usr/sbin/mosquitto)
[ -x "$mosquitto" ] && command -v mosquitto_sub >/dev/null || { echo "needs mosquitto and its clients" >&2; exit 2; }
work=$(mktemp -d)
pid=
trap 'exec 2>/dev/null; kill -KILL $pid || true; wait || true; rm -rf "$work"' EXIT
cd "$work"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# (With an acl_file every subscription is granted; the plug-in that mosquitto brings denies some.)
plugin=$(ls /usr/lib/*/mosquitto_dynamic_security.so /usr/lib/mosquitto_dynamic_security.so 2>/dev/null | head -n 1 || true)
[ -n "$plugin" ] || { echo "needs mosquitto's dynamic security" >&2; exit 2; }
cat >security.json <<'J'
{"defaultACLAccess": {"publishClientSend": false, "publishClientReceive": true, "subscribe": false, "unsubscribe": true},
 "anonymousGroup": "all", "clients": [],
 "groups": [{"groupname": "all", "roles": [{"rolename": "some"}], "clients": []}],
 "roles": [{"rolename": "some", "acls": [{"acltype": "publishClientSend", "topic": "yes", "allow": true}]}]}
J
chmod 644 security.json
chmod 755 .
printf '%s\n' "listener $port 127.0.0.1" "allow_anonymous true" "user $(id -un)" "plugin $plugin" \
  "plugin_opt_config_file $work/security.json" >broker.conf
"$mosquitto" -v -c broker.conf >log 2>&1 &
pid=$!
for _ in $(seq 100); do grep -q " running" log && break; sleep 0.1; done
code() { local c=0; timeout 10 "$@" >said 2>&1 || c=$?; echo "$c"; }
"$mosquitto" -h | head -n 1 || true
{
  echo "pub, allowed: $(code mosquitto_pub -V 5 -p "$port" -q 1 -t yes -m a)"
  echo "pub, refused: $(code mosquitto_pub -V 5 -p "$port" -q 1 -t no -m a), $(grep -ci 'not authorized' said) line"
  echo "sub, refused: $(code mosquitto_sub -V 5 -p "$port" -t no), $(grep -ci 'denied' said) line"
} >seen
cat seen
printf '%s\n' "pub, allowed: 0" "pub, refused: 0, 1 line" "sub, refused: 0, 1 line" >described
cmp -s seen described || { cat said log; echo "changed: not what the comment says" >&2; exit 1; }
