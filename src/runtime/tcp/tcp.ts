/** TCP and Unix socket servers. */

import { onBun, onDeno } from "../platform.ts";
import type { Accept, Acceptor } from "../stream.ts";
import type { SocketOptions, TcpOptions, UnixOptions } from "./tcp_options.ts";

interface Implementation {
  listenTcp(options: TcpOptions, accept: Accept): Acceptor | Promise<Acceptor>;
  listenUnix(options: UnixOptions, accept: Accept): Promise<Acceptor>;
}

function implementation(): Promise<Implementation> {
  if (onDeno) return import("./tcp_deno.ts");
  return onBun ? import("./tcp_bun.ts") : import("./tcp_node.ts");
}

export function listenTcp(options: TcpOptions, accept: Accept): Promise<Acceptor> {
  return behindProxies(options, accept, async (inner) => (await implementation()).listenTcp(options, inner));
}

export function listenUnix(options: UnixOptions, accept: Accept): Promise<Acceptor> {
  return behindProxies(options, accept, async (inner) => (await implementation()).listenUnix(options, inner));
}

async function behindProxies(
  { proxy, handshakeMs, beginHandshake, onRefused }: SocketOptions,
  accept: Accept,
  listen: (accept: Accept) => Promise<Acceptor>,
): Promise<Acceptor> {
  if (proxy === undefined) return await listen(accept);
  const { ProxyGates } = await import("../proxy/proxy_gate.ts");
  const { ownHandshakes } = await import("../pending_handshakes.ts");
  const { ignoreRefusals } = await import("../http/refusal.ts");
  const gates = new ProxyGates(accept, {
    ...proxy,
    beginHandshake: beginHandshake ?? ownHandshakes(),
    headerMs: handshakeMs ?? 10_000,
    refused: onRefused ?? ignoreRefusals,
  });
  const acceptor = await listen(gates.accept);
  return {
    address: acceptor.address,
    async close(): Promise<void> {
      await acceptor.close();
      gates.close();
    },
  };
}
