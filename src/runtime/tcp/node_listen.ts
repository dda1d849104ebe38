/** Listening with servers of `node:net` and `node:tls`, faults as a rejection. */

import type { Server } from "node:net";
import { type ErrorSink, toError } from "./guard.ts";
import { requireNet } from "../permission.ts";

export interface NodePlace {
  readonly hostname: string;
  readonly port: number;
  readonly backlog?: number;
}

export async function listenNode(server: Server, place: NodePlace, report: ErrorSink): Promise<void> {
  const { hostname, port, backlog } = place;
  await requireNet(hostname, port);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: hostname, port, backlog: backlog ?? 4096 }, () => {
      server.off("error", reject);
      server.on("error", (error) => report(toError(error)));
      resolve();
    });
  });
}
