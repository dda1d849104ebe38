#!/usr/bin/env bash
# Expected: a TLS server that asks for client certificates takes each one that its CA signed, as Node and Bun do;
#   and if it refuses one, tlsClientError says what is wrong with it.
# True on Deno 2.9.6: an X.509 version 1 certificate is refused by node:tls. The server's event says only
#   "socket hang up" (ECONNRESET), and the client sees the connection end without a TLS alert. The same request
#   signed as version 3 is accepted.
# Why it matters: `openssl x509 -req` without extensions makes version 1 (seen with OpenSSL 3.0): devices keep such
#   certificates for years. They can't connect to a server on Deno, and neither end says why.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DENO_DIR=$work/deno DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
npm install --prefix . --silent --no-audit --no-fund deno@2.9.6 bun@1.4.5
PATH=$work/node_modules/.bin:$PATH

{
  for name in ca server device; do openssl ecparam -name prime256v1 -genkey -noout -out $name.key; done
  openssl req -x509 -new -key ca.key -subj /CN=ca -days 2 -out ca.pem
  openssl req -x509 -new -key server.key -subj /CN=localhost -addext subjectAltName=DNS:localhost -days 2 -out server.pem
  openssl req -new -key device.key -subj /CN=device -out device.csr
  openssl x509 -req -in device.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out v1.pem
  echo basicConstraints=CA:FALSE >extensions
  openssl x509 -req -in device.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out v3.pem
} 2>/dev/null
openssl x509 -in v1.pem -noout -text | grep -q "Version: 1" || { echo "$(openssl version) makes no version 1" >&2; exit 2; }

cat >server.mjs <<'JS'
import tls from "node:tls";
import { readFileSync } from "node:fs";
import { spawn } from "node:child_process";

const server = tls.createServer({
  key: readFileSync("server.key"), cert: readFileSync("server.pem"), ca: readFileSync("ca.pem"),
  requestCert: true, rejectUnauthorized: true,
}, (socket) => {
  socket.on("error", () => {});
  done(`accepted ${socket.getPeerCertificate().subject.CN}`);
});
const done = (what) => { console.log(what); process.exit(0); };
server.on("tlsClientError", (error) => done(`refused ${error.code}`));
server.listen(0, "127.0.0.1", () => {
  const to = `127.0.0.1:${server.address().port}`;
  spawn("openssl", ["s_client", "-connect", to, "-cert", process.argv[2], "-key", "device.key"],
    { stdio: ["pipe", "ignore", "ignore"] });
});
JS

deno --version | head -n 1
echo "bun $(bun --version), node $(node --version), $(openssl version)"
for runtime in "deno run -A" bun node; do
  for certificate in v1 v3; do
    echo "$runtime $certificate: $(timeout 15 $runtime server.mjs $certificate.pem)"
  done
done | tee out
[ "$(grep -c 'accepted device' out)" = 5 ] && grep -q 'deno run -A v1: refused ECONNRESET' out && exit 0
echo "changed: not what the comment says" >&2
exit 1
