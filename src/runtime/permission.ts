/** Deno's permissions, asked before `node:` servers listen: they report a denied one as an uncaught error. */

import { onDeno } from "./platform.ts";
import { formatAddress } from "./address.ts";

export async function requireNet(hostname: string, port: number): Promise<void> {
  if (!onDeno) return;
  const host = formatAddress(hostname, port);
  const { state } = await Deno.permissions.request({ name: "net", host });
  if (state !== "granted") throw new Deno.errors.NotCapable(`Requires net access to "${host}"`);
}
