#!/usr/bin/env bash
# Expected: a socket that is handed to an HTTP server with server.emit("connection", socket), which Node documents,
#   is served like one that the server accepted: HTTP/1.1 requests one after the other, until its time-out.
# True on Deno 2.9.6: the first response says "Connection: keep-alive" and "Keep-Alive: timeout=5", and then the
#   connection is closed at once. A socket that the server accepted itself is kept. Bun 1.4.5 and Node keep both.
# Why it matters: servers that look at the first bytes of a connection before they know what it is (several
#   protocols on one port, a PROXY header) hand sockets on that way. A client with a pool of
#   connections trusts the header, sends its next request into a connection that is gone, and gets no answer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DENO_DIR=$work/deno DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
npm install --prefix . --silent --no-audit --no-fund deno@2.9.6 bun@1.4.5
PATH=$work/node_modules/.bin:$PATH

cat >keep.mjs <<'JS'
import http from "node:http";
import net from "node:net";

const web = () => http.createServer((_request, response) => response.end("answer"));
const inner = web();
const servers = { accepted: web(), "handed on": net.createServer((socket) => inner.emit("connection", socket)) };

// How many of two requests are answered, half a second apart, and whether the first answer promised to stay.
function ask(port) {
  return new Promise((done) => {
    let answers = 0;
    let promised = false;
    const socket = net.connect(port, "127.0.0.1");
    const request = () => socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    socket.on("connect", request);
    socket.on("data", (bytes) => {
      promised ||= /connection: keep-alive/i.test(String(bytes));
      if (!String(bytes).includes("answer")) return;
      if (++answers === 1) setTimeout(request, 500);
      else socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => done(`${answers} answered, ${promised ? "keep-alive promised" : "nothing promised"}`));
    socket.setTimeout(4000, () => socket.destroy());
  });
}
for (const [name, server] of Object.entries(servers)) {
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  console.log(`${name}: ${await ask(server.address().port)}`);
}
process.exit(0);
JS

deno --version | head -n 1
echo "bun $(bun --version), node $(node --version)"
for runtime in "deno run -A" bun node; do
  timeout 20 $runtime keep.mjs | sed "s/^/$runtime, /"
done | tee out
[ "$(grep -c ': 2 answered' out)" = 5 ] && grep -q 'deno.* handed on: 1 answered, keep-alive promised' out && exit 0
echo "changed: not what the comment says" >&2
exit 1
