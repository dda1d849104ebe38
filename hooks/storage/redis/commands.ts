/** A set of changes as the arguments of the script that applies them. */

import { sizeOf } from "../../../src/storage/size.ts";
import type { Changes, PendingMessage, SessionChanges, SessionState } from "./changes.ts";
import { deliveryToBytes, messageToBytes, sessionToText, subscriptionToText } from "./records.ts";

/** What a script is given. */
export type Argument = string | Uint8Array;

export interface Commands {
  readonly args: Argument[];
  /** It makes Redis smaller, or hardly larger: to be done even when it is full. */
  readonly frees: boolean;
}

/**
 * `commit`: the number of this try. From here on the changes may be in Redis, and the states of their sessions say so.
 * `newId` gives ids for messages.
 */
export function commandsOf(
  changes: Changes,
  commit: number,
  state: (id: string) => SessionState | undefined,
  newId: () => string,
): Commands {
  const builder = new Builder(commit, newId);
  for (const one of changes.sessions.values()) builder.count(one);
  for (const [id, one] of changes.sessions) builder.session(id, one, state(id));
  for (const [topic, message] of changes.retained) {
    if (message === null) builder.args.push("forget", topic);
    else {
      builder.args.push("retain", topic, messageToBytes(message, false));
      builder.frees = false;
    }
  }
  if (changes.counters !== null) builder.args.push("counters", JSON.stringify(changes.counters));
  return builder;
}

class Builder implements Commands {
  readonly args: Argument[] = [];
  frees = true;
  readonly #commit: number;
  readonly #newId: () => string;

  constructor(commit: number, newId: () => string) {
    this.#commit = commit;
    this.#newId = newId;
  }

  /** Who shares a message with whom. */
  count({ deliveries }: SessionChanges): void {
    if (deliveries === null) return;
    for (const { message } of deliveries.values()) {
      if (message.commit === this.#commit) message.holders++;
      else {
        message.commit = this.#commit;
        message.holders = 1;
      }
    }
  }

  session(id: string, changes: SessionChanges, state: SessionState | undefined): void {
    const { args } = this;
    const { ended, record, subscriptions, received } = changes;
    args.push("session", id, ended ? "1" : "0", record === null ? "" : sessionToText(record));
    if (record !== null) this.frees = false;
    if (state === undefined) return;
    state.stored = true;
    for (const [filter, subscription] of subscriptions ?? []) {
      const name = `subscription ${filter}`;
      if (subscription === null) args.push("unset", name);
      else {
        args.push("field", name, subscriptionToText(subscription));
        this.frees = false;
      }
    }
    for (const [packetId, there] of received ?? []) {
      if (there) args.push("field", `received ${packetId}`, "1");
      else args.push("unset", `received ${packetId}`);
    }
    this.#deliveries(changes, state);
  }

  #deliveries({ changed, deliveries }: SessionChanges, state: SessionState): void {
    const { args } = this;
    for (const [sequence, change] of changed ?? []) {
      // (What is put anew below takes its place.)
      if (deliveries?.has(sequence) === true) continue;
      if (change.deleted) args.push("done", String(sequence));
      else {
        const packetId = change.packetId < 0 ? "-" : String(change.packetId);
        args.push("change", String(sequence), packetId, change.released ? "1" : "-");
      }
    }
    if (deliveries === null) return;
    let last = state.storedUpTo;
    for (const delivery of deliveries.values()) {
      const { sequence, packetId, message } = delivery;
      const shared = this.#shared(message);
      const size = String(sizeOf(message.message));
      const bytes = deliveryToBytes(delivery, message.message, size, shared);
      args.push(sequence > state.storedUpTo ? "new" : "put", String(sequence), String(packetId));
      args.push(size, shared ?? "-", bytes);
      if (sequence > last) last = sequence;
      this.frees = false;
    }
    state.storedUpTo = last;
  }

  /** Its id; null: nobody shares it. */
  #shared(message: PendingMessage): string | null {
    if (message.id === "" && message.holders < 2) return null;
    message.id ||= this.#newId();
    // With the first of its deliveries comes the message.
    if (message.holders >= 0) this.args.push("message", message.id, messageToBytes(message.message, true));
    message.holders = -1;
    return message.id;
  }
}
