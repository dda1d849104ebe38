/** What a crowd is given, and where it says what it saw. */

import type net from "node:net";
import { Client } from "../client/client.ts";
import type { ConnectOptions } from "../client/packets.ts";
import { openFrom } from "../client/socket.ts";

/** Of the broker. */
export interface Ports {
  readonly tcp: number;
  readonly ws: number;
  readonly http: number;
  readonly tls: number;
}

export interface Given {
  readonly ports: Ports;
  /** Of the broker's process. */
  readonly pid: number;
  /** For how long it is busy. */
  readonly seconds: number;
  /** Where the broker keeps its data; empty: nowhere. */
  readonly folder: string;
}

/** Addresses a crowd comes from. */
const ADDRESSES = 200;
/** For a connection, in milliseconds. */
const PATIENCE_MS = 10_000;

export abstract class World {
  readonly ports: Ports;
  readonly pid: number;
  readonly seconds: number;
  readonly folder: string;
  #opened = 0;

  constructor({ ports, pid, seconds, folder }: Given) {
    this.ports = ports;
    this.pid = pid;
    this.seconds = seconds;
    this.folder = folder;
  }

  /** For people. */
  abstract note(text: string): void;

  /** A number that may be judged: `expects` of the scenario names it. */
  abstract fact(name: string, value: number): void;

  /** When it is over, as `performance.now()`; it begins now. */
  deadline(seconds: number = this.seconds): number {
    return performance.now() + seconds * 1000;
  }

  /** One of the addresses after the other. */
  address(): string {
    return `127.0.1.${1 + this.#opened++ % ADDRESSES}`;
  }

  /** A socket that has said nothing yet. */
  socket(port: number = this.ports.tcp, from: string = this.address()): Promise<net.Socket> {
    return openFrom(from, port, PATIENCE_MS);
  }

  client(id: string, options: ConnectOptions = {}): Promise<Client> {
    return Client.open(id, { ...options, port: this.ports.tcp, from: this.address() });
  }

  /** Null when it is not let in. */
  tried(id: string, options: ConnectOptions = {}): Promise<Client | null> {
    return this.client(id, options).catch(() => null);
  }
}

/** 4 and 5 in turns. */
export function versionOf(number: number): 4 | 5 {
  return number % 2 === 0 ? 4 : 5;
}
