/** One broker with every kind of listener, for the clients of others. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { anyPorts, Program } from "../harness/program.ts";
import { temporaryFolder } from "../harness/folder.ts";

export function tlsFile(name: string): string {
  return fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
}

/** The path of its Unix socket is what `address("unix")` says. */
export async function startEverything(): Promise<Program> {
  return await Program.start([
    ...anyPorts,
    ...["--tls", "127.0.0.1:0", "--wss", "127.0.0.1:0"],
    ...["--tls-cert", tlsFile("server.crt"), "--tls-key", tlsFile("server.key")],
    ...["--unix", join(temporaryFolder(), "socket")],
  ]);
}
