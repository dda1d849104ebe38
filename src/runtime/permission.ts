/** Deno's permissions; on Bun everything is granted. */

import { formatAddress } from "./address.ts";
import { onDeno } from "./platform.ts";

/** Asked for what the program can do without: using it unasked would put a question on the user's terminal. */
export function permitted(descriptor: Deno.PermissionDescriptor): boolean {
  return !onDeno || Deno.permissions.querySync(descriptor).state === "granted";
}

/** Asked before `node:` servers listen: they report a denied permission as an uncaught error. */
export async function requireNet(hostname: string, port: number): Promise<void> {
  if (!onDeno) return;
  const host = formatAddress(hostname, port);
  const { state } = await Deno.permissions.request({ name: "net", host });
  if (state !== "granted") throw new Deno.errors.NotCapable(`Requires net access to "${host}"`);
}

/** Whether a thread can be made of a file of the program: unlike an import, that is reading it. */
export function mayReadModule(url: URL): boolean {
  return url.protocol !== "file:" || permitted({ name: "read", path: url });
}
