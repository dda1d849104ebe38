/** An enhanced authentication to try: a hook that asks, and a client that answers. */

import assert from "node:assert/strict";
import type { AuthAnswer, AuthExchange, Hook } from "../../../src/hook/hook.ts";
import type { MaybePromise } from "../../../src/core/maybe_promise.ts";
import type { Properties } from "../../../src/packets/properties.ts";
import { Reasons } from "../../../src/packets/reason.ts";
import type { ConnectPacket } from "../../../src/packets/types.ts";
import { connectPacket, settle, type TestBroker, type TestClient } from "../../harness/mod.ts";

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (data: Uint8Array | null | undefined): string =>
  new TextDecoder().decode(data ?? new Uint8Array());

/**
 * Method "echo": two questions, each answered with the question's text and "!", then success. "no" refuses, and the
 * other methods are none of its business.
 */
export class Echo implements Hook {
  readonly id = "echo";
  readonly stages: string[] = [];
  readonly #late: boolean;

  constructor(late: boolean) {
    this.#late = late;
  }

  onAuthPacket(_: unknown, exchange: AuthExchange): MaybePromise<AuthAnswer | undefined> {
    this.stages.push(exchange.stage);
    const answer = this.#answer(exchange);
    return this.#late ? settle().then(() => answer) : answer;
  }

  #answer({ method, data, stage }: AuthExchange): AuthAnswer | undefined {
    if (method !== "echo") return undefined;
    const said = text(data);
    if (said === "no") return { result: "refuse", reason: Reasons.notAuthorized };
    if (stage !== "continue") return { result: "continue", data: bytes("one") };
    if (said === "one!") return { result: "continue", data: bytes("two") };
    if (said === "two!") return { result: "success", data: bytes("welcome") };
    return { result: "refuse", reason: Reasons.notAuthorized };
  }
}

/** The properties of an exchange. */
export function method(name: string, data?: string): Properties {
  const properties: Properties = { authenticationMethod: name };
  if (data !== undefined) properties.authenticationData = bytes(data);
  return properties;
}

export function connect(client: TestClient, more: Partial<ConnectPacket> = {}): void {
  client.send(connectPacket({ clientId: "c", properties: method("echo", "hello"), ...more }));
}

/** Is asked, and answers. */
export async function question(client: TestClient, what: string): Promise<void> {
  const { reasonCode, properties } = await client.expect(15);
  assert.equal(reasonCode, 0x18);
  assert.deepEqual(properties, method("echo", what));
  client.send({ type: 15, reasonCode: 0x18, properties: method("echo", `${what}!`) });
}

export async function answer(client: TestClient): Promise<void> {
  await question(client, "one");
  await question(client, "two");
}

export async function authenticated(t: TestBroker): Promise<TestClient> {
  const client = t.client();
  connect(client);
  await answer(client);
  assert.equal((await client.expect(2)).reasonCode, 0);
  return client;
}
