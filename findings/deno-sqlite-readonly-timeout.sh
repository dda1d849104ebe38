#!/usr/bin/env bash
# Expected: the option `timeout` of node:sqlite says how long a statement waits for a lock, also when the database
#   is opened with `readOnly: true`.
# True on Deno 2.9.6: with `readOnly: true` the option is dropped and every wait is 5 s, also with `timeout: 0`;
#   without readOnly it holds. Bun 1.4.5 and Node 24.21 obey in both cases.
# Why it matters: the calls are synchronous. A page or a health check that reads the file of another process, and
#   would rather be told "locked" at once, holds up every connection of the server for 5 s instead.
# Cure: `PRAGMA busy_timeout = …` on the open database is obeyed.
# Seen: deno read-write 200 ms, read-only 5000 ms, read-only with the pragma 200 ms; bun and node 200, 200, 200 ms.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DENO_DIR=$work/deno DENO_NO_UPDATE_CHECK=1 NO_COLOR=1 NODE_NO_WARNINGS=1
npm install --prefix . --silent --no-audit --no-fund deno@2.9.6 bun@1.4.5 node@24.21.0
PATH=$work/node_modules/.bin:$PATH

cat >wait.mjs <<'JS'
import { DatabaseSync } from "node:sqlite";

const file = process.argv[2];
const writer = new DatabaseSync(file);
writer.exec("CREATE TABLE t (a INTEGER); BEGIN EXCLUSIVE");

function wait(options, pragma) {
  const reader = new DatabaseSync(file, options);
  if (pragma) reader.exec(pragma);
  const start = performance.now();
  try {
    reader.prepare("SELECT a FROM t").all();
    return "not locked";
  } catch {
    return Math.round((performance.now() - start) / 100) * 100;
  } finally {
    reader.close();
  }
}
console.log(
  wait({ timeout: 200 }),
  wait({ timeout: 200, readOnly: true }),
  wait({ timeout: 200, readOnly: true }, "PRAGMA busy_timeout = 200"),
);
process.exit(0);
JS

deno --version | head -n 1
d=$(timeout 30 deno run -A wait.mjs deno.db)
echo "deno, ms waited read-write, read-only, read-only with the pragma: $d"
b=$(timeout 30 bun wait.mjs bun.db)
echo "bun $(bun --version), the same: $b"
n=$(timeout 30 node wait.mjs node.db)
echo "node $(node --version), the same: $n"
read -r d1 d2 d3 <<<"$d"
[ "$d2" -ge 4500 ] || { echo "changed: Deno obeys the time-out of a read-only database" >&2; exit 1; }
for ms in "$d1" "$d3" $b $n; do
  [ "$ms" -le 1500 ] || { echo "changed: a wait of $ms ms where 200 was asked for and obeyed" >&2; exit 1; }
done
