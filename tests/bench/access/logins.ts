/** Clients that log in: as many as there are names, so many at a time. */

import { Buffer } from "node:buffer";
import { createHash, pbkdf2Sync } from "node:crypto";
import { connect, type Socket } from "node:net";

export interface Login {
  readonly name: string;
  readonly password: string;
}

/** Null: nobody says who he is. */
export type Credentials = Login | null;

/** So many users, each with a password of its own. */
export function usersOf(count: number): readonly Login[] {
  return Array.from({ length: count }, (_, i) => ({ name: `user-${i}`, password: `password of ${i}` }));
}

/** As `mosquitto_passwd` writes them, with so many rounds of PBKDF2. */
export function passwordFile(users: readonly Login[], rounds: number): string {
  return users.map(({ name, password }) => {
    const salt = createHash("sha256").update(name).digest().subarray(0, 12);
    const hash = pbkdf2Sync(password, salt, rounds, 64, "sha512");
    return `${name}:$7$${rounds}$${salt.toString("base64")}$${hash.toString("base64")}\n`;
  }).join("");
}

/** How many were let in a second, with `atOnce` at a time. Rejects when one is not. */
export async function loginRate(port: number, all: readonly Credentials[], atOnce: number): Promise<number> {
  // (Made before: what they cost is not the broker's.)
  const packets = all.map((credentials, i) => connectPacket(`login-${i}`, credentials));
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < all.length) {
      const i = next++;
      await logIn(port, `login-${i}`, packets[i]!);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: atOnce }, one));
  return all.length / (performance.now() - start) * 1000;
}

function logIn(port: number, clientId: string, packet: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.once("error", reject);
    socket.once("connect", () => socket.write(packet));
    socket.once("data", (bytes: Uint8Array) => {
      if (bytes[0] !== 0x20 || bytes[3] !== 0) reject(new Error(`${clientId} was refused with ${bytes[3]}`));
      socket.end(DISCONNECT);
      socket.once("close", () => resolve());
    });
    socket.once("end", () => socket.destroy());
  });
}

const DISCONNECT = Uint8Array.of(0xe0, 0);

/** Of MQTT 3.1.1, with a clean session. */
export function connectPacket(clientId: string, credentials: Credentials): Uint8Array {
  const parts = [text("MQTT"), Buffer.of(4, credentials === null ? 0x02 : 0xc2, 0, 0), text(clientId)];
  if (credentials !== null) parts.push(text(credentials.name), text(credentials.password));
  return packet(0x10, Buffer.concat(parts));
}

export function subscribePacket(filter: string): Uint8Array {
  return packet(0x82, Buffer.concat([Buffer.of(0, 1), text(filter), Buffer.of(0)]));
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes]);
}

/** (None is longer than 16,383 bytes.) */
function packet(first: number, body: Uint8Array): Uint8Array {
  const size = body.length < 128 ? [body.length] : [body.length & 127 | 128, body.length >> 7];
  return Buffer.concat([Buffer.of(first, ...size), body]);
}

/** One that is let in and stays. */
export function connected(port: number, clientId: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.once("error", reject);
    socket.once("connect", () => socket.write(connectPacket(clientId, null)));
    socket.once("data", () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

/** Milliseconds from the order to revoke a client to the end of its connection. */
export function revoke(operator: Socket, victim: Socket, clientId: string): Promise<number> {
  return new Promise((resolve) => {
    const start = performance.now();
    victim.once("close", () => resolve(performance.now() - start));
    operator.write(subscribePacket(`revoke/${clientId}`));
  });
}
