/** A registry of packages that has none: it remembers what was asked for. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Ran } from "../harness/run.ts";

export class EmptyRegistry implements AsyncDisposable {
  /** Of all packages that somebody wanted. */
  readonly asked: Set<string> = new Set();
  readonly #server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    this.asked.add(/^\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path);
    response.writeHead(404, { "content-type": "application/json" }).end("{}");
  });

  static async open(): Promise<EmptyRegistry> {
    const registry = new EmptyRegistry();
    await new Promise<void>((resolve) => registry.#server.listen(0, "127.0.0.1", resolve));
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** What was asked for while a program ran that knows of no other registry and has no package yet. */
export async function askedWhile(
  run: (variables: Readonly<Record<string, string>>) => Promise<Ran>,
  cache: string,
): Promise<{ readonly asked: readonly string[]; readonly ran: Ran }> {
  await using registry = await EmptyRegistry.open();
  const ran = await run({
    NPM_CONFIG_REGISTRY: registry.url,
    npm_config_registry: registry.url,
    DENO_DIR: `${cache}/deno`,
    BUN_INSTALL_CACHE_DIR: `${cache}/bun`,
  });
  return { asked: [...registry.asked].toSorted(), ran };
}
