#!/usr/bin/env bash
# Expected: when buffers have been collected and `external` of the memory usage has fallen to nothing, the process
#   gives the memory back: rss falls too, at once or in a while.
# True on Deno 2.9.6 with glibc: after 100 MiB of 64 KiB buffers were collected, rss is as high as it was, and
#   stays there while the program idles. The C library's allocator keeps the pages; one malloc_trim(0), called
#   through FFI, gives them back.
# Why it matters: a server's peak (a burst of messages, a queue that was worked off) stays on its bill for good.
#   It looks like a leak that no heap snapshot shows, and a watermark on rss never comes down by itself.
# Seen: rss 35 MiB at the start, 137 held, 144 collected, 144 idle, 44 trimmed; external 0 from "collected" on.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DENO_DIR=$work/deno DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
[ -n "$(getconf GNU_LIBC_VERSION 2>/dev/null || true)" ] || { echo "needs glibc" >&2; exit 2; }
npm install --prefix . --silent --no-audit --no-fund deno@2.9.6
PATH=$work/node_modules/.bin:$PATH

cat >memory.mjs <<'JS'
const libc = Deno.dlopen("libc.so.6", { malloc_trim: { parameters: ["usize"], result: "i32" } });
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const MiB = 1024 * 1024;
function look(when) {
  const { rss, external } = Deno.memoryUsage();
  console.log(`${when}: rss ${Math.round(rss / MiB)} MiB, external ${Math.round(external / MiB)} MiB`);
  return rss / MiB;
}
const start = look("start");
let held = Array.from({ length: 1600 }, () => new Uint8Array(64 * 1024).fill(1));
look("held");
held = null;
for (let i = 0; i < 10; i++) {
  gc();
  await sleep(100);
}
look("collected");
const external = Deno.memoryUsage().external / MiB;
await sleep(8000);
const idle = look("8 s idle");
libc.symbols.malloc_trim(0n);
const trimmed = look("trimmed");
Deno.exit(external < 10 && idle > start + 80 && trimmed < start + 40 ? 0 : 1);
JS

deno --version | head -n 1
getconf GNU_LIBC_VERSION
timeout 40 deno run -A --v8-flags=--expose-gc memory.mjs || { echo "changed: not what the comment says" >&2; exit 1; }
