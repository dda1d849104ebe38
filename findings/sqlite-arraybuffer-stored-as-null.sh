#!/usr/bin/env bash
# Expected: an ArrayBuffer bound to a parameter of node:sqlite is stored as a BLOB, as Node 24 does, or refused.
# True on Deno 2.9.6 and Bun 1.4.5: as the first parameter it is taken for an object of named parameters, has none,
#   and the parameter stays NULL. No error, and run() says that one row was changed. As the second it is refused.
#   A Uint8Array over the same bytes is stored on all three.
# Why it matters: WebCrypto, fetch and Blob hand out ArrayBuffers. A store that writes one loses the bytes at the
#   write, is told that all went well, and finds out when it reads.
# Seen: node "blob 3", deno and bun "null"; with a Uint8Array "blob 3" on each.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DENO_DIR=$work/deno DENO_NO_UPDATE_CHECK=1 NO_COLOR=1 NODE_NO_WARNINGS=1
npm install --prefix . --silent --no-audit --no-fund deno@2.9.6 bun@1.4.5 node@24.21.0
PATH=$work/node_modules/.bin:$PATH

cat >bind.mjs <<'JS'
import { DatabaseSync } from "node:sqlite";

const db = new DatabaseSync(":memory:");
db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a BLOB, b BLOB)");
function store(sql, ...values) {
  try {
    const { changes } = db.prepare(sql).run(...values);
    const row = db.prepare("SELECT typeof(a) AS type, length(a) AS bytes FROM t ORDER BY id DESC LIMIT 1").get();
    return `${[row.type, row.bytes].join(" ").trim()} (${changes} row)`;
  } catch {
    return "refused";
  }
}
const bytes = Uint8Array.of(1, 2, 3);
const one = "INSERT INTO t (a) VALUES (?)";
console.log([
  `ArrayBuffer ${store(one, bytes.buffer)}`,
  `Uint8Array ${store(one, bytes)}`,
  `ArrayBuffer second ${store("INSERT INTO t (b, a) VALUES (?, ?)", 1, bytes.buffer)}`,
].join(", "));
JS

failed=0
# see RUNTIME SEEN DESCRIBED
see() {
  echo "$1: $2"
  [ "$2" = "$3" ] || { echo "changed, it was: $3" >&2; failed=1; }
}
lost="ArrayBuffer null (1 row), Uint8Array blob 3 (1 row), ArrayBuffer second refused"
kept="ArrayBuffer blob 3 (1 row), Uint8Array blob 3 (1 row), ArrayBuffer second blob 3 (1 row)"
see "$(deno --version | head -n 1 | cut -d' ' -f1,2)" "$(deno run -A bind.mjs)" "$lost"
see "bun $(bun --version)" "$(bun bind.mjs)" "$lost"
see "node $(node --version)" "$(node bind.mjs)" "$kept"
exit $failed
