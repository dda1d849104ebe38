/** Access control that writes down what it is asked, and answers when a test says so. */

import type { Action, Client, Hook, HookHost, Opinion } from "../../src/hook/hook.ts";
import type { MaybePromise } from "../../src/core/maybe_promise.ts";
import { settle } from "../harness/time.ts";

export type Check = (client: Client, action: Action, topic: string) => MaybePromise<Opinion>;

/** A hook that is asked, and what it is asked. */
export class Acl implements Hook {
  readonly id = "acl";
  readonly asked: string[] = [];
  host: HookHost | null = null;
  check: Check;

  constructor(check: Check = () => "allow") {
    this.check = check;
  }

  init(host: HookHost): void {
    this.host = host;
  }

  onConnectAuthenticate(): Opinion {
    return "allow";
  }

  onAclCheck(client: Client, action: Action, topic: string): MaybePromise<Opinion> {
    this.asked.push(`${client.id} ${action} ${topic}`);
    return this.check(client, action, topic);
  }

  take(): string[] {
    return this.asked.splice(0);
  }
}

/** Answers later, one after the other, when the test says so. */
export class SlowAcl extends Acl {
  readonly waiting: { what: string; answer: (opinion: Opinion) => void }[] = [];
  slow: (action: Action, client: Client) => boolean;

  constructor(slow: (action: Action, client: Client) => boolean) {
    super((client, action, topic) => {
      if (!this.slow(action, client)) return "allow";
      return new Promise((answer) => this.waiting.push({ what: `${client.id} ${action} ${topic}`, answer }));
    });
    this.slow = slow;
  }

  async answer(opinion: Opinion): Promise<string> {
    const { what, answer } = this.waiting.shift()!;
    answer(opinion);
    await settle();
    return what;
  }
}

export function kept(
  clientId: string,
): { clientId: string; cleanStart: boolean; properties: { sessionExpiryInterval: number } } {
  return { clientId, cleanStart: false, properties: { sessionExpiryInterval: 600 } };
}
