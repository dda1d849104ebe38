/** Users of a store whose passwords are quick to check. */

import { createHash } from "node:crypto";
import { StoredUsers, type UserChanges } from "../../../../hooks/auth/access_store.ts";
import type { ConnackPacket, ConnectPacket, ProtocolVersion } from "../../../../src/packets/types.ts";
import { TestBroker, type TestClient } from "../../../harness/mod.ts";

/** Quick to compute. */
export function quick(password: string | Uint8Array): string {
  const salt = "0123456789ab";
  const digest = createHash("sha512").update(password).update(salt).digest("base64");
  return `$6$${btoa(salt)}$${digest}`;
}

export interface World extends AsyncDisposable {
  readonly users: StoredUsers;
  readonly t: TestBroker;
  put(name: string, changes?: UserChanges): Promise<void>;
  connect(
    version: ProtocolVersion,
    username: string,
    options?: Partial<ConnectPacket>,
  ): Promise<{ client: TestClient; ack: ConnackPacket }>;
  /** One that is let in. The password is the name of the user. */
  client(version: ProtocolVersion, username: string, options?: Partial<ConnectPacket>): Promise<TestClient>;
}

/** A broker whose only hook is a store in memory, or the one given. */
export function world(users: StoredUsers = new StoredUsers(), others: TestBroker | null = null): World {
  const t = others ?? new TestBroker({ hooks: [users] });
  const connect: World["connect"] = async (version, username, options = {}) => {
    const client = t.client(version);
    const password = new TextEncoder().encode(username);
    const ack = await client.connect({ username, password, clientId: `c-${username}`, ...options });
    return { client, ack };
  };
  return {
    users,
    t,
    put: async (name, changes = {}) =>
      void await users.store.putUser(name, { hash: quick(name), ...changes }),
    connect,
    client: async (version, username, options) => {
      const { client, ack } = await connect(version, username, options);
      if (ack.reasonCode !== 0) throw new Error(`${username} was refused: ${ack.reasonCode}`);
      return client;
    },
    [Symbol.asyncDispose]: async () => await t[Symbol.asyncDispose](),
  };
}
