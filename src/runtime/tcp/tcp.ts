/** TCP and Unix socket servers. */

import { onBun, onDeno } from "../platform.ts";
import type { Accept, Acceptor } from "../stream.ts";
import type { TcpOptions, UnixOptions } from "./tcp_options.ts";

interface Implementation {
  listenTcp(options: TcpOptions, accept: Accept): Acceptor | Promise<Acceptor>;
  listenUnix(options: UnixOptions, accept: Accept): Promise<Acceptor>;
}

function implementation(): Promise<Implementation> {
  if (onDeno) return import("./tcp_deno.ts");
  return onBun ? import("./tcp_bun.ts") : import("./tcp_node.ts");
}

export async function listenTcp(options: TcpOptions, accept: Accept): Promise<Acceptor> {
  return (await implementation()).listenTcp(options, accept);
}

export async function listenUnix(options: UnixOptions, accept: Accept): Promise<Acceptor> {
  return await (await implementation()).listenUnix(options, accept);
}
