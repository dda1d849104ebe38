/** From settings to the hooks that say who may connect, and what clients may do. */

import { AllowAll } from "../../hooks/auth/allow_all.ts";
import { type AccessSetting, isOpen } from "../config/access/choice.ts";
import type { Hook } from "../hook/hook.ts";
import type { AccessSurroundings, Chain } from "./access/chain.ts";
import type { Strangers } from "./announce.ts";
import { sourceParts } from "./parts.ts";

/** Without a word about it everybody may connect, and do everything. `before`: what of it is the same is not made anew. */
export async function accessOf(
  setting: AccessSetting,
  around: AccessSurroundings = { parts: sourceParts, data: null },
  before: Chain | null = null,
): Promise<Chain> {
  if (isOpen(setting)) return openChain();
  const { chainOf } = await import("./access/build.ts");
  return await chainOf(setting, around, before);
}

function openChain(): Chain {
  const hooks: readonly Hook[] = [new AllowAll()];
  return { hooks, links: [], open: true, mayStay: () => true };
}

/** Who comes in without a password or the like. */
export function strangersIn({ hooks, open }: Chain): Strangers {
  const guarded = hooks.every((hook) =>
    hook.onConnectAuthenticate === undefined || hook.requiresCredentials === true
  );
  return guarded ? "none" : open ? "all" : "ruled";
}
