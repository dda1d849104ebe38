/** The connections of an HTTP server: how many there may be, and how long they may keep it waiting. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { clearTimeout, setImmediate, setTimeout } from "../timers.ts";
import { RuntimeError } from "../runtime_error.ts";
import { addressOf } from "../address.ts";
import { type AwakeTimer, awakeTimers } from "../awake_timers.ts";
import { Crowd } from "../tcp/crowd.ts";
import type { ErrorSink } from "../tcp/guard.ts";
import type { BeginHandshake, Handshake } from "../pending_handshakes.ts";
import { tlsPeer } from "../tls/tls_handshakes.ts";

const keepAliveMs = 15_000;
/** How long answers under way may take after `close`: an event stream would go on for ever. */
const graceMs = 1000;

export interface HttpConnectionRules {
  readonly limit: number;
  /** For a TLS handshake, and again for the head of the first request; a body has three times as long. */
  readonly headMs: number;
  readonly beginHandshake: BeginHandshake;
  /** Told who has not finished a TLS handshake, or the head of a first request without TLS, in time. */
  readonly onLate: (address: string) => void;
  readonly report: ErrorSink;
}

interface Connection {
  /** With TLS another one once the handshake is done. */
  socket: Socket;
  /** That of before. */
  readonly first: Socket;
  /** Where it comes from. */
  readonly address: string;
  /** Where its client is; behind a proxy that is another address. */
  readonly client: string;
  /** Before the first request. */
  handshake: Handshake | null;
  /** Ends the wait for the client; null while the server is the one who is waited for. */
  timer: AwakeTimer | null;
}

export class HttpConnections {
  readonly #rules: HttpConnectionRules;
  /** By the address of the peer: the sockets before and after a TLS handshake have that in common. */
  readonly #open: Map<string, Connection> = new Map();
  /** The server waits for them: they make room for newcomers. */
  readonly #waitedFor: Crowd<Connection> = new Crowd();
  #full = false;
  #closing: (() => void) | null = null;

  constructor(rules: HttpConnectionRules) {
    this.#rules = rules;
  }

  /** From the first moment, before a TLS handshake. `client`: where it says that it is; else where it comes from. */
  count(socket: Socket, client?: string): void {
    socket.on("error", () => socket.destroy());
    // (Who has no address any more has gone.)
    if (socket.remoteAddress === undefined || !this.#makeRoom()) {
      socket.destroy();
      return;
    }
    const address = addressOf(socket);
    const connection: Connection = {
      socket,
      first: socket,
      address,
      client: client ?? address,
      handshake: null,
      timer: null,
    };
    this.#open.set(address, connection);
    // (Later, because what failed may be said after it.)
    socket.once("close", () => setImmediate(() => this.#forget(connection)));
    this.#begin(connection);
  }

  /** Before the first request. False: the connection is not wanted. */
  watch(socket: Socket): boolean {
    const connection = this.#open.get(addressOf(socket));
    if (socket.destroyed || connection === undefined || this.#closing !== null) {
      socket.destroy();
      return false;
    }
    if (connection.socket === socket) return true;
    connection.socket = socket;
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#forget(connection));
    this.#begin(connection);
    return true;
  }

  /** Where the client of a socket is. */
  clientOf(socket: Socket): string {
    const address = addressOf(socket);
    return this.#open.get(address)?.client ?? address;
  }

  /** Its TLS handshake has failed. Where its client is; null: it had been turned away before. */
  failed(socket: Socket): string | null {
    const connection = this.#open.get(tlsPeer(socket, this.#open));
    if (connection === undefined) return null;
    this.#forget(connection);
    return connection.client;
  }

  /** A request came: its body has a time, its answer has none. */
  busy(socket: Socket, incoming: IncomingMessage, outgoing: ServerResponse): void {
    const connection = this.#open.get(addressOf(socket));
    if (connection === undefined) return;
    connection.handshake?.done();
    connection.handshake = null;
    this.#wait(connection, hasBody(incoming) ? 3 * this.#rules.headMs : null);
    incoming.once("end", () => {
      if (!outgoing.writableFinished) this.#wait(connection, null);
    });
    outgoing.once("finish", () => {
      if (this.#closing === null) this.#wait(connection, keepAliveMs);
      else socket.destroySoon();
    });
  }

  async close(): Promise<void> {
    for (const { socket } of [...this.#waitedFor]) socket.destroy();
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        for (const { socket } of this.#open.values()) socket.destroy();
      }, graceMs);
      this.#closing = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Who is waited for longest goes first; who is being answered does not. False: everybody is. Reports it once. */
  #makeRoom(): boolean {
    const { limit, report } = this.#rules;
    if (this.#open.size < limit) {
      this.#full = false;
      return true;
    }
    const oldest = this.#waitedFor.first;
    if (oldest === undefined) {
      if (!this.#full) {
        report(
          new RuntimeError(
            "requests-exceeded",
            `Too many requests, ${limit} are being answered: others are refused`,
          ),
        );
      }
      this.#full = true;
      return false;
    }
    if (oldest.handshake === null) oldest.socket.destroy();
    else oldest.handshake.evict();
    this.#forget(oldest);
    return true;
  }

  #begin(connection: Connection): void {
    const { headMs, beginHandshake, onLate } = this.#rules;
    connection.handshake?.done();
    const { client, socket } = connection;
    connection.handshake = beginHandshake(client, headMs, (why) => {
      // (After a TLS handshake it is another socket.)
      if (why === "late" && socket === connection.first) onLate(client);
      this.#forget(connection);
      socket.destroy();
    });
    this.#waitedFor.add(connection, connection.client);
  }

  /** How long the client may take; null: it is the one who waits. */
  #wait(connection: Connection, milliseconds: number | null): void {
    connection.timer?.cancel();
    connection.timer = null;
    this.#waitedFor.delete(connection);
    if (milliseconds === null || this.#open.get(connection.address) !== connection) return;
    this.#waitedFor.add(connection, connection.client);
    connection.timer = awakeTimers.after(milliseconds, () => connection.socket.destroy());
  }

  #forget(connection: Connection): void {
    connection.handshake?.done();
    connection.handshake = null;
    this.#wait(connection, null);
    if (this.#open.get(connection.address) === connection) this.#open.delete(connection.address);
    if (this.#open.size === 0) this.#closing?.();
  }
}

/** Without one nothing more is to come; its end is not told as long as nobody reads. */
function hasBody({ headers, complete }: IncomingMessage): boolean {
  return !complete &&
    (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0);
}
