#!/usr/bin/env bash
# Expected: work cut into pieces that go on by setImmediate lets the sockets have their turn between two
#   pieces; that is what setImmediate is for, and what Node and Bun do.
# True on Deno 2.9.6: a socket is looked at once in about 61 pieces. With pieces of 8 ms every echo takes about
#   half a second; the same pieces continued by setTimeout(…, 0) cost an echo a few milliseconds.
# Why it matters: a server that cuts a long job so that its clients don't notice makes all of them wait, by the
#   very means that helps elsewhere, and only on Deno.
# Seen: deno setImmediate 490 ms, deno setTimeout 6 ms, bun 5 and 6 ms, node 20 5 and 6 ms (median of 7 echoes).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DENO_DIR=$work/deno DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
npm install --prefix . --silent --no-audit --no-fund deno@2.9.6 bun@1.4.5
PATH=$work/node_modules/.bin:$PATH

cat >echo.mjs <<'JS'
import net from "node:net";
import { Worker } from "node:worker_threads";

const goOn = process.argv[2] === "setImmediate" ? (piece) => setImmediate(piece) : (piece) => setTimeout(piece, 0);
function piece() {
  for (const start = performance.now(); performance.now() - start < 8;);
  goOn(piece);
}
const server = net.createServer((socket) => socket.pipe(socket));
server.listen(0, "127.0.0.1", () => {
  goOn(piece);
  // The client measures from a thread of its own, which the pieces don't hold up.
  const client = new Worker(
    `const net = require("node:net"), { parentPort, workerData } = require("node:worker_threads");
     const times = []; let sent;
     const socket = net.connect(workerData, "127.0.0.1", ask);
     function ask() { sent = performance.now(); socket.write("?"); }
     socket.on("data", () => {
       times.push(performance.now() - sent);
       if (times.length < 7) setTimeout(ask, 3); else parentPort.postMessage(times);
     });`,
    { eval: true, workerData: server.address().port },
  );
  client.on("message", (times) => {
    console.log(Math.round(times.sort((a, b) => a - b)[3]));
    process.exit(0);
  });
});
JS

deno --version | head -n 1
echo "bun $(bun --version), node $(node --version)"
status=0
for runtime in "deno run -A" bun node; do
  for how in setImmediate setTimeout; do
    median=$(timeout 20 $runtime echo.mjs "$how")
    echo "$runtime, $how: an echo takes $median ms"
    if [ "$runtime $how" = "deno run -A setImmediate" ]; then
      [ "$median" -ge 250 ] || status=1
    else
      [ "$median" -le 100 ] || status=1
    fi
  done
done
[ $status = 0 ] || echo "changed: not what the comment says" >&2
exit $status
