/** A proxy of the tests: hands on what clients send, with a header before it, in the pieces that are asked for. */

import { Buffer } from "node:buffer";
import net from "node:net";
import { setImmediate } from "node:timers";

/** Where it connects to. */
export type Target = { readonly port: number; readonly host?: string } | { readonly path: string };

export interface Relay extends AsyncDisposable {
  /** Where clients connect to. */
  readonly address: string;
}

/** Between two pieces: the other side has read the first. */
async function moment(): Promise<void> {
  for (let i = 0; i < 6; i++) await new Promise<void>((done) => setImmediate(done));
}

/**
 * `cuts`: where the header with the client's first bytes after it is cut; none: all of it comes at once. Every byte by
 * itself: `"bytes"`, as far as the header goes.
 */
export async function relay(
  target: Target,
  header: Uint8Array,
  cuts: readonly number[] | "bytes" = [],
): Promise<Relay> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const upstream = net.connect({ host: "127.0.0.1", ...target, noDelay: true });
    for (const [one, other] of [[client, upstream], [upstream, client]] as const) {
      sockets.add(one);
      one.on("error", () => {});
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    upstream.on("data", (bytes: Uint8Array) => void client.write(bytes));
    client.once("data", (bytes: Uint8Array) => {
      client.pause();
      void (async () => {
        const all = Buffer.concat([header, bytes]);
        const at = cuts === "bytes" ? [...header.keys()].map((i) => i + 1) : cuts;
        let from = 0;
        for (const cut of at.filter((one) => one > 0 && one < all.length)) {
          upstream.write(all.subarray(from, cut));
          from = cut;
          await moment();
        }
        upstream.write(all.subarray(from));
        client.on("data", (more: Uint8Array) => void upstream.write(more));
        client.resume();
      })();
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as net.AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
