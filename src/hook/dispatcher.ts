/** The hooks of one server: who listens to what, and how they are asked and told. */

import { clearTimeout, setTimeout } from "../runtime/timers.ts";
import { CodedTypeError } from "../core/errors.ts";
import { textOf } from "../core/error_text.ts";
import { isPromise, type MaybePromise } from "../core/maybe_promise.ts";
import type { Client } from "../session/client.ts";
import { checkedExplained, type Explained, type ExplainedAction } from "./explained.ts";
import type { Hook, HookHost, Opinion } from "./hook.ts";
import { HookError } from "./error.ts";
import { type Reason, Reasons } from "../packets/reason.ts";

/** What a hook can listen to. */
export type HookEvent = Exclude<keyof Hook, "id" | "init" | "storage" | "requiresCredentials">;

/** (So that the compiler says which event of `Hook` is missing here, and which is none.) */
const EVENTS = {
  onStarted: true,
  onStopped: true,
  onSysInfoTick: true,
  onAccept: true,
  onPacketRead: true,
  onConnect: true,
  onConnectAuthenticate: true,
  onAuthenticationFailed: true,
  onAuthPacket: true,
  onAclCheck: true,
  onServerTopic: true,
  onExplain: true,
  onSessionEstablish: true,
  onSessionEstablished: true,
  onTakeOver: true,
  onDisconnect: true,
  onClientExpired: true,
  onPacketEncode: true,
  onPacketSent: true,
  onPacketProcessed: true,
  onSubscribe: true,
  onSubscribed: true,
  onUnsubscribe: true,
  onUnsubscribed: true,
  onPublish: true,
  onPublished: true,
  onSelectSubscribers: true,
  onDeliver: true,
  onPublishDropped: true,
  onRetainMessage: true,
  onRetainPublished: true,
  onRetainedExpired: true,
  onQosPublish: true,
  onQosComplete: true,
  onQosDropped: true,
  onPacketIdExhausted: true,
  onWill: true,
  onWillSent: true,
  storedClients: true,
  storedSubscriptions: true,
  storedInflightMessages: true,
  storedRetainedMessages: true,
  storedSysInfo: true,
} satisfies Record<HookEvent, true>;

/** All of them. */
export const HOOK_EVENTS: readonly HookEvent[] = Object.keys(EVENTS) as HookEvent[];

type Listening = { [K in HookEvent]: readonly (Hook & Required<Pick<Hook, K>>)[] };
type Arguments<K extends HookEvent> = Parameters<NonNullable<Hook[K]>>;

/** What one call of a list of hooks is about. */
interface Asking<A, R> {
  readonly event: HookEvent;
  readonly call: (hook: Hook) => MaybePromise<A>;
  /** Anything but undefined ends it. */
  readonly take: (answer: A) => R | undefined;
  /** The end when a hook throws or takes too long. */
  readonly failed: R;
  /** The end when nobody ended it. */
  readonly none: () => R;
}

/** A method of a hook threw, or did not answer in time. */
export type ReportFailure = (hook: Hook, event: HookEvent, error: unknown) => void;

export class Hooks {
  #hooks: readonly Hook[] = [];
  /** The lists are never changed, only replaced: whoever walks one is not disturbed. */
  readonly on: Listening = Object.fromEntries(
    HOOK_EVENTS.map((event) => [event, []]),
  ) as unknown as Listening;
  /** Grows when answers given earlier may no longer hold. */
  generation = 1;
  /** No hook looks at each publish or delivery: the hot path may be taken. */
  plain = true;
  /** Hooks choose subscribers or look at deliveries. */
  delivers = false;
  /** Hooks want to see publishes from clients as packets. */
  hooked = false;
  /** Hooks want to see every packet from clients. */
  reads = false;
  /** Hooks want to see every packet to clients. */
  encodes = false;
  /** Access control has answered with a promise: the hot path does not ask it. */
  slowAccess = false;
  /** Access control has once answered with a promise: an answer may be on its way at any time. */
  waitsForAccess = false;
  /** Is told whom access control does not let receive a topic; null: nobody wants to know. */
  withheld: ((client: Client, topic: string) => void) | null = null;
  /** Their `init` has not succeeded. */
  readonly #unready: WeakSet<Hook> = new WeakSet();
  /** They were told to end. */
  readonly #stopped: WeakSet<Hook> = new WeakSet();
  /** They went together with others, at once: whoever was being asked is asked again, of those there are now. */
  readonly #swapped: WeakSet<Hook> = new WeakSet();
  /** Who stands in the place of whom. */
  readonly #successors: WeakMap<Hook, Hook> = new WeakMap();
  /** What ends the waiting for an answer. */
  readonly #waits: Set<() => void> = new Set();
  #ended = false;
  /** Access control has failed since `forgetFailures`. */
  #doubtful = false;
  readonly #report: ReportFailure;
  /** Milliseconds after which a promise counts as failed. */
  timeout: number;

  constructor(report: ReportFailure, timeout: number) {
    this.#report = report;
    this.timeout = timeout;
  }

  get all(): readonly Hook[] {
    return this.#hooks;
  }

  /** Nobody is let in without them. False as well when nobody is asked who could let somebody in. */
  get requireCredentials(): boolean {
    const { onConnectAuthenticate, onAuthPacket } = this.on;
    const asked = [...onConnectAuthenticate, ...onAuthPacket];
    return asked.length > 0 && asked.every((hook) => hook.requiresCredentials === true);
  }

  /** At the end, or in the place of another one. */
  add(hook: Hook, instead?: Hook): void {
    this.refuseSecond(hook, instead);
    const at = instead === undefined ? -1 : this.#hooks.indexOf(instead);
    this.#hooks = at < 0 ? [...this.#hooks, hook] : this.#hooks.with(at, hook);
    this.#stopped.delete(hook);
    this.#successors.delete(hook);
    if (at >= 0) this.#successors.set(instead!, hook);
    this.#sort();
  }

  /** These instead of those, at the place of the first of them, in one step; those that are in both lists stay. */
  swap(hooks: readonly Hook[], replacements: readonly Hook[]): void {
    const at = Math.max(0, this.#hooks.findIndex((hook) => hooks.includes(hook)));
    const rest = this.#hooks.filter((hook) => !hooks.includes(hook));
    for (const hook of hooks) this.#swapped.add(hook);
    for (const hook of replacements) {
      this.#swapped.delete(hook);
      this.#stopped.delete(hook);
      this.#successors.delete(hook);
    }
    const before = this.#hooks.slice(0, at).filter((hook) => rest.includes(hook));
    this.#hooks = [...before, ...replacements, ...rest.slice(before.length)];
    this.#sort();
  }

  /** Throws when it is there already, or another one has its id. `instead`: the one that goes for it. */
  refuseSecond(hook: Hook, instead?: Hook): void {
    if (this.#hooks.includes(hook)) {
      throw new HookError(`Cannot add hook "${hook.id}": it is there already`, hook.id, {
        code: "hook-exists",
      });
    }
    if (this.#hooks.some((other) => other.id === hook.id && other !== instead)) {
      throw new CodedTypeError(
        "hook-exists",
        `Cannot add hook "${hook.id}": there is one with that id already`,
      );
    }
  }

  /** True when it was there. */
  remove(hook: Hook): boolean {
    if (!this.#hooks.includes(hook)) return false;
    this.#hooks = this.#hooks.filter((other) => other !== hook);
    this.#sort();
    return true;
  }

  /** Remembered decisions are asked for again. */
  invalidate(): void {
    this.generation++;
  }

  /** No because nobody could say is not to be remembered for ever: it is asked for again from time to time. */
  forgetFailures(): void {
    if (!this.#doubtful) return;
    this.#doubtful = false;
    this.invalidate();
  }

  #sort(): void {
    const on = this.on as Record<HookEvent, readonly Hook[]>;
    for (const event of HOOK_EVENTS) on[event] = this.#hooks.filter((hook) => listens(hook[event]));
    this.generation++;
    this.#look();
  }

  /** What has to be asked of the lists again and again, asked once. */
  #look(): void {
    const { on } = this;
    this.reads = on.onPacketRead.length + on.onPacketProcessed.length > 0;
    this.encodes = on.onPacketEncode.length + on.onPacketSent.length > 0;
    this.hooked = this.reads || on.onPublish.length + on.onPublished.length > 0;
    this.delivers = on.onSelectSubscribers.length + on.onDeliver.length > 0;
    this.plain = !this.hooked && !this.delivers;
    this.slowAccess = false;
  }

  /** Its `init` is still to come. */
  postpone(hook: Hook): void {
    if (hook.init !== undefined) this.#unready.add(hook);
  }

  /** Lets a hook get ready; throws a `HookError`. */
  async init(hook: Hook, host: HookHost): Promise<void> {
    if (hook.init === undefined) return;
    this.#unready.add(hook);
    try {
      await hook.init(host);
      this.#unready.delete(hook);
    } catch (error) {
      throw new HookError(`Cannot start hook "${hook.id}": ${textOf(error)}`, hook.id, { cause: error });
    }
  }

  /** Lets a hook end, once, but does not wait for ever; what it throws is reported. */
  async stop(hook: Hook, patience: number): Promise<void> {
    // (What never got ready has nothing to end.)
    if (this.#unready.has(hook) || this.#stopped.has(hook) || hook.onStopped === undefined) return;
    this.#stopped.add(hook);
    try {
      await this.limit(hook.onStopped(), patience);
    } catch (error) {
      this.failed(hook, "onStopped", error);
    }
  }

  /** Tells everyone; what one throws concerns nobody else. */
  notify<K extends HookEvent>(event: K, ...args: Arguments<K>): void {
    for (const hook of this.on[event]) {
      try {
        const answer: unknown = (hook[event] as (...a: Arguments<K>) => unknown).apply(hook, args);
        if (answer !== undefined) this.watch(hook, event, answer);
      } catch (error) {
        this.failed(hook, event, error);
      }
    }
  }

  /** Nobody waits for what somebody answers who was only told; should it fail, that is reported. */
  watch(hook: Hook, event: HookEvent, answer: unknown): void {
    if (isPromise(answer)) answer.then(undefined, (error: unknown) => this.failed(hook, event, error));
  }

  /** Asks the hooks one after the other until one of them ends it. */
  ask<A, R>(asking: Asking<A, R>): MaybePromise<R> {
    return this.#askFrom(asking, this.on[asking.event], 0);
  }

  #askFrom<A, R>(asking: Asking<A, R>, hooks: readonly Hook[], from: number): MaybePromise<R> {
    for (let i = from; i < hooks.length; i++) {
      const hook = from === 0 ? hooks[i]! : this.#present(hooks[i]!, asking.event);
      if (hook === null) continue;
      try {
        const answer = asking.call(hook);
        if (isPromise(answer)) return this.resume(asking, hooks, i, answer);
        const end = asking.take(answer);
        if (end !== undefined) return end;
      } catch (error) {
        this.failed(hook, asking.event, error);
        return asking.failed;
      }
    }
    return asking.none();
  }

  /** Whoever is asked instead of it by now: it may have been replaced or removed while another took its time. */
  #present(hook: Hook, event: HookEvent): Hook | null {
    let one: Hook | undefined = hook;
    while (one !== undefined && !this.#hooks.includes(one)) one = this.#successors.get(one);
    return one === undefined || one[event] === undefined ? null : one;
  }

  /** Goes on with a promise that the hook `at` that place of the list answered. */
  async resume<A, R>(
    asking: Asking<A, R>,
    hooks: readonly Hook[],
    at: number,
    first: Promise<A>,
  ): Promise<R> {
    try {
      const answer = await this.limit(first);
      if (this.#areOthers(asking.event, hooks)) return await this.ask(asking);
      const end = asking.take(answer);
      if (end !== undefined) return end;
    } catch (error) {
      if (!this.#ended && this.#areOthers(asking.event, hooks)) return await this.ask(asking);
      if (!this.#ended) this.failed(hooks[at]!, asking.event, error);
      return asking.failed;
    }
    return this.#askFrom(asking, hooks, at + 1);
  }

  /** Others say by now who may do what; what one of those before has answered does not count any more. */
  #areOthers(event: HookEvent, hooks: readonly Hook[]): boolean {
    const decides = event === "onConnectAuthenticate" || event === "onAclCheck";
    return decides && hooks !== this.on[event] && hooks.some((hook) => this.#swapped.has(hook));
  }

  /** The first opinion of those asked; deny when one throws; when nobody has one what `none` says, deny without it. */
  decide(
    event: "onAclCheck" | "onServerTopic",
    call: (hook: Hook) => MaybePromise<Opinion>,
    none: () => boolean = no,
  ): MaybePromise<boolean> {
    const answer = this.ask({ event, call, take: allowed, failed: false, none });
    if (isPromise(answer)) this.waitsForAccess = true;
    return answer;
  }

  /** The first reason somebody gives against it; null when nobody has one. A hook that throws is a reason. */
  refusal(
    event: "onConnect",
    call: (hook: Hook) => MaybePromise<Reason | void>,
    checked: (reason: Reason) => Reason,
  ): MaybePromise<Reason | null> {
    return this.ask<Reason | void, Reason | null>({
      event,
      call,
      take: (reason) => reason === undefined || reason === null ? undefined : checked(reason),
      failed: Reasons.unspecifiedError,
      none: nothing,
    });
  }

  /** The hook that wants nothing of whoever comes from there; null: none does. One that throws, or answers what is no answer, does not. */
  refusing(address: string, listener: string): Hook | null {
    for (const hook of this.on.onAccept) {
      try {
        const answer: unknown = hook.onAccept(address, listener);
        if (answer === undefined) continue;
        this.watch(hook, "onAccept", answer);
        return hook;
      } catch (error) {
        this.failed(hook, "onAccept", error);
        return hook;
      }
    }
    return null;
  }

  /** Each hook may replace what the next one is given, as `changed` allows it; null when one throws. */
  chain<P>(
    event: "onSubscribe" | "onUnsubscribe",
    given: P,
    call: (hook: Hook, current: P) => MaybePromise<P | void>,
    changed: (current: P, answer: P) => P,
  ): MaybePromise<P | null> {
    if (this.on[event].length === 0) return given;
    let current = given;
    return this.ask<P | void, P | null>({
      event,
      call: (hook) => call(hook, current),
      take: (answer) => {
        if (answer !== undefined && answer !== null && answer !== current) current = changed(current, answer);
        return undefined;
      },
      failed: null,
      none: () => current,
    });
  }

  /** Fails when the answer takes too long. */
  limit<T>(answer: MaybePromise<T>, timeout: number = this.timeout): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        done();
        reject(new Error("the server is closed"));
      };
      const timer = setTimeout(() => {
        this.#waits.delete(giveUp);
        reject(new Error(`no answer within ${timeout} ms`));
      }, timeout);
      const done = (): void => {
        clearTimeout(timer);
        this.#waits.delete(giveUp);
      };
      this.#waits.add(giveUp);
      Promise.resolve(answer).then(resolve, reject).finally(done);
    });
  }

  /** What a hook says of an answer; null: nothing. */
  explained(hook: Hook, client: Client, action: ExplainedAction, topic: string): Explained | null {
    try {
      const said: unknown = hook.onExplain?.(client, action, topic);
      if (isPromise(said)) throw new Error("it answered a promise, which nobody waits for here");
      return checkedExplained(said);
    } catch (error) {
      this.failed(hook, "onExplain", error);
      return null;
    }
  }

  /** The server has stopped: nobody waits for an answer any more. */
  end(): void {
    this.#ended = true;
    for (const giveUp of [...this.#waits]) giveUp();
  }

  get ended(): boolean {
    return this.#ended;
  }

  failed(hook: Hook, event: HookEvent, error: unknown): void {
    if (event === "onAclCheck" || event === "onServerTopic") this.#doubtful = true;
    this.#report(hook, event, error);
  }
}

/**
 * A method with nothing in its body listens to nothing: whoever writes all of them down, to be filled in one day,
 * does not pay for what is not there yet. (A runtime that does not tell what is in a function calls it.)
 */
function listens(method: unknown): boolean {
  if (typeof method !== "function") return false;
  const text = Function.prototype.toString.call(method).replace(COMMENTS, "");
  return text.length > 300 || !EMPTY.test(text);
}

const COMMENTS = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
const EMPTY = /^[^(){}]*\([^(){}]*\)\s*(?:=>\s*)?\{\s*\}$/;

function allowed(opinion: Opinion): boolean | undefined {
  return opinion === undefined ? undefined : opinion === "allow";
}

function no(): boolean {
  return false;
}

function nothing(): null {
  return null;
}
