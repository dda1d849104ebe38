/** Access control, asked as for a real one, hook by hook. */

import { isPromise } from "../../core/maybe_promise.ts";
import { textOf } from "../../core/error_text.ts";
import type { Client } from "../../hook/client.ts";
import type { Action, Opinion } from "../../hook/answers.ts";
import type { HookEvent } from "../../hook/dispatcher.ts";
import type { Explained } from "../../hook/explained.ts";
import type { Hook } from "../../hook/hook.ts";
import { type Reason, Reasons } from "../../packets/reason.ts";
import { isBridgeState, isSystemTopic } from "../access/access.ts";
import type { Core } from "../core.ts";
import type { Trail } from "./trail.ts";
import type { ExplainStep } from "./types.ts";

interface Asked {
  readonly opinion: Opinion;
  /** It threw, or took too long. */
  readonly fault: string | null;
  readonly milliseconds: number;
}

/** Has what the hooks say in the trail, and whether the client may. */
export async function askAccess(
  core: Core,
  trail: Trail,
  client: Client,
  action: Action,
  topic: string,
  reason: Reason,
): Promise<void> {
  const method = "onAclCheck";
  for (const hook of core.hooks.on[method]) {
    const asked = await ask(core, () => hook.onAclCheck!(client, action, topic));
    const said = core.hooks.explained(hook, client, action, topic);
    const more = { hook: hook.id, method, milliseconds: asked.milliseconds, ...rulesOf(said) };
    const { opinion } = asked;
    if (opinion === undefined) {
      trail.add("hook", "none", `no opinion${detailOf(said)}`, more);
    } else if (opinion === "allow") {
      trail.add(
        "hook",
        "allow",
        said?.rule === undefined ? `allowed${detailOf(said)}` : ruleText(said),
        more,
      );
      trail.allowedBy = { hook: hook.id, rule: said?.rule };
      return;
    } else {
      const text = asked.fault ?? (said?.rule === undefined ? `denied${detailOf(said)}` : ruleText(said));
      trail.deny("hook", { reason, how: "answered", text, hook: hook.id, rule: said?.rule }, more);
      return;
    }
  }
  const nobody = core.hooks.on[method].length === 0;
  const text = nobody ? `no hook answers ${method}, so nobody may` : "no hook allows it, so it is denied";
  trail.deny("hook", { reason, how: "answered", text }, { method });
}

/** May a client publish there at all? */
export async function askServerTopic(
  core: Core,
  trail: Trail,
  client: Client,
  topic: string,
  reason: Reason,
): Promise<void> {
  if (!isSystemTopic(topic)) return;
  const method = "onServerTopic";
  for (const hook of core.hooks.on[method]) {
    const { opinion, fault, milliseconds } = await ask(
      core,
      () => hook.onServerTopic!(client, "publish", topic),
    );
    const more = { hook: hook.id, method, milliseconds };
    if (opinion === undefined) trail.add("hook", "none", "no opinion on a topic of the server", more);
    else if (opinion === "allow") {
      trail.add("topic", "pass", "a topic of the server, which the hook opens to clients", more);
      return;
    } else {
      const text = fault ?? "a topic of the server, and the hook does not open it";
      trail.deny("topic", { reason, how: "answered", text, hook: hook.id }, more);
      return;
    }
  }
  if (isBridgeState(topic)) {
    trail.add("topic", "pass", "where bridges say whether they are connected: clients may publish there");
  } else trail.deny("topic", { reason, how: "answered", text: "a topic of the server" });
}

/** Whatever is answered besides `allow` and nothing is a deny, and so is no answer. */
async function ask(core: Core, call: () => Opinion | Promise<Opinion>): Promise<Asked> {
  const { clock, hooks } = core;
  const began = clock.monotonic();
  const took = (): number => Math.round((clock.monotonic() - began) * 1000) / 1000;
  try {
    const answer = call();
    const opinion = isPromise(answer) ? await hooks.limit(answer) : answer;
    return { opinion, fault: null, milliseconds: took() };
  } catch (error) {
    return { opinion: "deny", fault: `it failed: ${textOf(error)}`, milliseconds: took() };
  }
}

/** Hooks that see the real thing and may stop it; asked now they would do what they do then. */
export function notAsked(core: Core, trail: Trail, events: readonly HookEvent[], may: string): void {
  for (const event of events) {
    for (const hook of core.hooks.on[event] as readonly Hook[]) notAskedOne(trail, hook, event, may);
  }
}

export function notAskedOne(trail: Trail, { id }: Hook, method: HookEvent, may: string): void {
  trail.add("hook", "skipped", `not asked: it is only when it happens, and ${may}`, { hook: id, method });
}

/** What a step shows of what a hook said. */
export function rulesOf(said: Explained | null): Pick<ExplainStep, "rule" | "neighbours"> {
  return {
    ...(said?.rule === undefined ? {} : { rule: said.rule }),
    ...(said?.neighbours === undefined ? {} : { neighbours: said.neighbours }),
  };
}

export function ruleText({ rule }: Explained): string {
  return `${rule!.where}: ${rule!.text}`;
}

export function detailOf(said: Explained | null): string {
  return said?.detail === undefined ? "" : `: ${said.detail}`;
}

/** What SUBACK says without the right to a filter. */
export function unauthorized({ capabilities }: Core): Reason {
  return capabilities.obscureNotAuthorized ? Reasons.unspecifiedError : Reasons.notAuthorized;
}
