/** Is that a hook? Code without types may add anything, and a method that is misspelt is never called. */

import { CodedTypeError } from "../core/errors.ts";
import { checkInstance, described } from "../core/misuse.ts";
import { editDistance, nearest } from "../core/nearest.ts";
import { quoted } from "../core/quoted.ts";
import type { Hook } from "./hook.ts";
import { HOOK_EVENTS } from "./dispatch/events.ts";

const METHODS: readonly string[] = ["init", ...HOOK_EVENTS];
/** What looks like an event. Helpers of a hook have other names: `connect`, `published`. */
const LIKE_AN_EVENT = /^(?:on[a-z]|stored)/i;
/** The same, written as one. */
const EVENT = /^(?:on|stored)[A-Z]/;
/** (Prototypes of a proxy may have no end.) */
const DEEPEST = 20;

/**
 * Throws a TypeError that says what is wrong with it: it is no object, has no id, or a method that was meant to be called
 * and never would be.
 */
export function checkHook(value: unknown): void {
  checkInstance("Cannot add a hook", value);
  const hook = value as Hook;
  const id: unknown = hook.id;
  if (typeof id !== "string" || id === "") {
    const given = id === undefined ? "it has none" : `got ${described(id)}`;
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot add a hook: its id has to be a string that is not empty, ${given}`,
    );
  }
  const what = `Cannot add hook ${quoted(id, 80)}`;
  for (const name of METHODS) {
    const method: unknown = hook[name as keyof Hook];
    if (method === undefined || method === null || typeof method === "function") continue;
    throw new CodedTypeError(
      "argument-invalid",
      `${what}: ${name} has to be a function, got ${described(method)}`,
    );
  }
  for (const name of methodNames(hook)) {
    const wrong = misspelt(hook, name);
    if (wrong !== null) throw new CodedTypeError("argument-invalid", `${what}: there is no event ${wrong}`);
  }
}

/**
 * Methods of a class that look like events and are none. They may be helpers of its own, as one that is called when its
 * database comes back, or a mistake: the name and which event may be meant.
 */
export function strangeMethods(hook: Hook): { readonly method: string; readonly meant: string | null }[] {
  return methodNames(hook)
    .filter((name) => EVENT.test(name) && !METHODS.includes(name))
    .map((method) => ({ method, meant: nearest(method, METHODS) }));
}

/** What to say of it; null: it is an event, a helper, or perhaps one. */
function misspelt(hook: Hook, name: string): string | null {
  if (METHODS.includes(name)) return null;
  const close = name.toLowerCase() === "init"
    ? "init"
    : LIKE_AN_EVENT.test(name)
    ? nearest(name, METHODS)
    : null;
  const shown = quoted(name, 80);
  if (isWritten(hook)) {
    // It is nothing but a hook: what looks like an event was meant to be one.
    if (close !== null) return `${shown}, did you mean "${close}"`;
    return EVENT.test(name) ? `${shown}, docs/hooks.md has all of them` : null;
  }
  if (close === null || editDistance(name.toLowerCase(), close.toLowerCase()) > 1) return null;
  return `${shown}, did you mean "${close}"`;
}

/** As `{ id, onPublish() {} }`, without a class. */
function isWritten(hook: Hook): boolean {
  const from: unknown = Object.getPrototypeOf(hook);
  return from === Object.prototype || from === null;
}

/** Its own and those of its classes; nothing of it is called. */
function methodNames(hook: Hook): string[] {
  const names = new Set<string>();
  let from: object | null = hook;
  for (let i = 0; i < DEEPEST && from !== null && from !== Object.prototype; i++) {
    for (const name of Object.getOwnPropertyNames(from)) {
      const { value } = Object.getOwnPropertyDescriptor(from, name) ?? {};
      if (typeof value === "function" && name !== "constructor") names.add(name);
    }
    from = Object.getPrototypeOf(from) as object | null;
  }
  return [...names];
}
