/** The hooks of one server: who listens to what, and how they are asked and told. */

import { isPromise, type MaybePromise } from "../core/maybe_promise.ts";
import type { Client } from "../session/client.ts";
import { checkedExplained, type Explained, type ExplainedAction } from "./explained.ts";
import { HOOK_EVENTS, type HookEvent, listens } from "./dispatch/events.ts";
import { Life, type ReportFailure } from "./dispatch/life.ts";
import { Members } from "./dispatch/members.ts";
import { Patience } from "./dispatch/patience.ts";
import type { Hook, HookHost, Opinion } from "./hook.ts";
import { type Reason, Reasons } from "../packets/reason.ts";

export { HOOK_EVENTS, type HookEvent };

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

export class Hooks {
  readonly #members = new Members();
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
  readonly #life: Life;
  readonly #patience: Patience;
  /** Access control has failed since `forgetFailures`. */
  #doubtful = false;
  readonly #report: ReportFailure;

  constructor(report: ReportFailure, timeout: number) {
    this.#report = report;
    this.#patience = new Patience(timeout);
    this.#life = new Life(this.#patience, report);
  }

  get all(): readonly Hook[] {
    return this.#members.all;
  }

  /** Nobody is let in without them. False as well when nobody is asked who could let somebody in. */
  get requireCredentials(): boolean {
    const { onConnectAuthenticate, onAuthPacket } = this.on;
    const asked = [...onConnectAuthenticate, ...onAuthPacket];
    return asked.length > 0 && asked.every((hook) => hook.requiresCredentials === true);
  }

  /** At the end, or in the place of another one. */
  add(hook: Hook, instead?: Hook): void {
    this.#members.add(hook, instead);
    this.#life.begin(hook);
    this.#sort();
  }

  /** These instead of those, at the place of the first of them, in one step; those that are in both lists stay. */
  swap(hooks: readonly Hook[], replacements: readonly Hook[]): void {
    this.#members.swap(hooks, replacements);
    for (const hook of replacements) this.#life.begin(hook);
    this.#sort();
  }

  /** Throws when it is there already, or another one has its id. `instead`: the one that goes for it. */
  refuseSecond(hook: Hook, instead?: Hook): void {
    this.#members.refuseSecond(hook, instead);
  }

  /** True when it was there. */
  remove(hook: Hook): boolean {
    const was = this.#members.remove(hook);
    if (was) this.#sort();
    return was;
  }

  /** Its `init` is still to come. */
  postpone(hook: Hook): void {
    this.#life.postpone(hook);
  }

  /** Lets a hook get ready; throws a `HookError`. */
  init(hook: Hook, host: HookHost): Promise<void> {
    return this.#life.init(hook, host);
  }

  /** Lets a hook end, once, but does not wait for ever; what it throws is reported. */
  stop(hook: Hook, timeout: number): Promise<void> {
    return this.#life.stop(hook, timeout);
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
    for (const event of HOOK_EVENTS) on[event] = this.all.filter((hook) => listens(hook[event]));
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
      const hook = from === 0 ? hooks[i]! : this.#members.present(hooks[i]!, asking.event);
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
      if (!this.ended && this.#areOthers(asking.event, hooks)) return await this.ask(asking);
      if (!this.ended) this.failed(hooks[at]!, asking.event, error);
      return asking.failed;
    }
    return this.#askFrom(asking, hooks, at + 1);
  }

  /** Others say by now who may do what; what one of those before has answered does not count any more. */
  #areOthers(event: HookEvent, hooks: readonly Hook[]): boolean {
    const decides = event === "onConnectAuthenticate" || event === "onAclCheck";
    return decides && hooks !== this.on[event] && this.#members.wereSwapped(hooks);
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
  limit<T>(answer: MaybePromise<T>, timeout?: number): Promise<T> {
    return this.#patience.limit(answer, timeout);
  }

  /** The server has stopped: nobody waits for an answer any more. */
  end(): void {
    this.#patience.end();
  }

  get ended(): boolean {
    return this.#patience.ended;
  }

  /** Milliseconds after which a promise counts as failed. */
  get timeout(): number {
    return this.#patience.timeout;
  }

  set timeout(milliseconds: number) {
    this.#patience.timeout = milliseconds;
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

  failed(hook: Hook, event: HookEvent, error: unknown): void {
    if (event === "onAclCheck" || event === "onServerTopic") this.#doubtful = true;
    this.#report(hook, event, error);
  }
}

function allowed(opinion: Opinion): boolean | undefined {
  return opinion === undefined ? undefined : opinion === "allow";
}

function no(): boolean {
  return false;
}

function nothing(): null {
  return null;
}
