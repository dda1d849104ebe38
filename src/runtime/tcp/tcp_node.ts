/** TCP and Unix sockets over `node:net`, where the runtime has nothing faster: on Node. */

import { chmodSync } from "node:fs";
import net, { type AddressInfo } from "node:net";
import { addressOf, formatAddress } from "../address.ts";
import { errorCode, ignoreErrors, toError } from "./guard.ts";
import { listenNode } from "./node_listen.ts";
import { NodeStream } from "./node_stream.ts";
import { openSockets } from "./open_sockets.ts";
import type { Accept, Acceptor } from "../stream.ts";
import type { SocketOptions, TcpOptions, UnixOptions } from "./tcp_options.ts";
import { clearPath } from "../unix_path.ts";

export async function listenTcp(options: TcpOptions, accept: Accept): Promise<Acceptor> {
  const server = serverFor(addressOf, accept, options);
  await listenNode(server, options, options.onError ?? ignoreErrors);
  const { address, port } = server.address() as AddressInfo;
  return { address: formatAddress(address, port), close: () => closed(server) };
}

export async function listenUnix(options: UnixOptions, accept: Accept): Promise<Acceptor> {
  const { path, mode, onError: report = ignoreErrors } = options;
  await clearPath(path, probe);
  const server = serverFor(() => `unix:${path}`, accept, options);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path }, () => {
      server.off("error", reject);
      server.on("error", (error) => report(toError(error)));
      resolve();
    });
  });
  if (mode !== undefined) chmodSync(path, mode);
  return { address: path, close: () => closed(server) };
}

function serverFor(
  nameOf: (socket: net.Socket) => string,
  accept: Accept,
  { onError: report = ignoreErrors, lingerMs }: SocketOptions,
): net.Server {
  return net.createServer({ noDelay: true }, (socket) => {
    socket.once("close", () => openSockets.release());
    if (!openSockets.take(report)) {
      socket.destroy();
      return;
    }
    new NodeStream(socket, { remoteAddress: nameOf(socket), certificate: null, lingerMs }).start(
      accept,
      report,
    );
  });
}

/** It stops listening at once; the sockets are not its own any more. */
function closed(server: net.Server): Promise<void> {
  if (server.listening) server.close();
  return Promise.resolve();
}

function probe(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ path }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error) => {
      if (errorCode(error) === "ECONNREFUSED") resolve(false);
      else reject(error);
    });
  });
}
