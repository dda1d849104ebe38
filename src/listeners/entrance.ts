/**
 * What is open, for the listener that has it: what it accepts with, its certificates, whom it trusts. Another listener may go
 * on with it, so that settings change without a moment in which nobody listens.
 */

import type { RefusalSink } from "../runtime/http/refusal.ts";
import type { Networks } from "../runtime/networks.ts";
import type { BeginHandshake } from "../runtime/pending_handshakes.ts";
import type { ProxyRules } from "../runtime/proxy/proxy_rules.ts";
import type { Accept, Acceptor } from "../runtime/stream.ts";
import type { TlsSettings } from "../runtime/tls/contexts.ts";
import type { TlsAcceptor } from "../runtime/tls/tls.ts";
import { textOf } from "../core/error_text.ts";
import { listenerError } from "./listener_error.ts";
import type { Listener, ListenerHost } from "./listener.ts";
import { errorLog, handshakesOf, refusalLog } from "./open.ts";
import { pathsOf, readTlsFiles, type TlsFiles } from "./tls_files.ts";
import type { FileWatch } from "./watch_files.ts";

export interface EntranceOptions {
  readonly tls?: TlsFiles | undefined;
  /** Connections come through these proxies. */
  readonly proxies?: Networks | undefined;
  /** What else cannot be changed while it is open. */
  readonly fixed?: readonly unknown[];
}

/** What all that accepts connections is told. */
export interface CommonOptions {
  readonly onError: (error: Error) => void;
  readonly onRefused: RefusalSink;
  readonly beginHandshake: BeginHandshake;
  readonly proxy?: ProxyRules;
}

type Listen = (
  entrance: Entrance,
  common: CommonOptions,
  tls: TlsSettings | undefined,
) => Promise<Acceptor | TlsAcceptor>;

export class Entrance {
  /** Who has it now. */
  owner: Listener;
  readonly host: ListenerHost;
  #options: EntranceOptions;
  #acceptor: Acceptor | TlsAcceptor | null = null;
  #watch: FileWatch | null = null;
  #closed = false;

  private constructor(owner: Listener, host: ListenerHost, options: EntranceOptions) {
    this.owner = owner;
    this.host = host;
    this.#options = options;
  }

  /** Fails with a `ListenerError`. */
  static async open(
    owner: Listener,
    host: ListenerHost,
    options: EntranceOptions,
    listen: Listen,
  ): Promise<Entrance> {
    const entrance = new Entrance(owner, host, options);
    await entrance.#open(listen);
    return entrance;
  }

  /** The bound one. */
  get address(): string {
    return this.#acceptor!.address;
  }

  /** Offers streams to the server. */
  get accept(): Accept {
    return (stream) => this.host.accept(stream, this.owner);
  }

  /** Reads the certificate files again; connections from now on get the new ones. Fails with a `ListenerError`. */
  async reload(): Promise<void> {
    const acceptor = this.#acceptor;
    if (acceptor === null || !("reload" in acceptor)) return;
    try {
      const settings = await this.#read(this.#options, this.#watch);
      if (settings !== undefined) acceptor.reload(settings);
    } catch (thrown) {
      throw listenerError(this.owner, this.address, thrown);
    }
  }

  /**
   * Lets another listener go on with it. False: it wants what cannot be changed while it is open. Fails with a
   * `ListenerError`, and changes nothing, when its certificates cannot be used.
   */
  async passTo(next: Listener, options: EntranceOptions): Promise<boolean> {
    const watch = await this.#watcher(options);
    try {
      const settings = await this.#read(options, watch);
      if (fixedParts(options) !== fixedParts(this.#options)) return false;
      const acceptor = this.#acceptor;
      if (settings !== undefined && acceptor !== null && "reload" in acceptor) acceptor.reload(settings);
    } catch (thrown) {
      throw listenerError(next, next.address, thrown);
    }
    this.#watch?.stop();
    this.#watch = watch;
    if (!this.#closed) watch?.start();
    this.#options = options;
    this.owner = next;
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watch?.stop();
    await this.#acceptor?.close();
  }

  async #open(listen: Listen): Promise<void> {
    const { owner, host } = this;
    const { proxies } = this.#options;
    const common: CommonOptions = {
      onError: errorLog(this, host),
      onRefused: refusalLog(this, host),
      beginHandshake: handshakesOf(this, host),
      ...(proxies === undefined ? {} : { proxy: { trusted: () => this.#options.proxies ?? proxies } }),
    };
    this.#watch = await this.#watcher(this.#options);
    try {
      this.#acceptor = await listen(this, common, await this.#read(this.#options, this.#watch));
    } catch (thrown) {
      throw listenerError(owner, owner.address, thrown);
    }
    if (!this.#closed) this.#watch?.start();
  }

  async #read({ tls }: EntranceOptions, watch: FileWatch | null): Promise<TlsSettings | undefined> {
    if (tls === undefined) return undefined;
    await watch?.look();
    return await readTlsFiles(tls);
  }

  async #watcher({ tls }: EntranceOptions): Promise<FileWatch | null> {
    const paths = tls === undefined || tls.watch === false ? [] : await pathsOf(tls);
    if (paths.length === 0) return null;
    const { FileWatch } = await import("./watch_files.ts");
    return new FileWatch(paths, () => this.#filesChanged(paths));
  }

  async #filesChanged(paths: readonly string[]): Promise<void> {
    const { host } = this;
    const detail = paths.join(", ");
    try {
      await this.reload();
      host.tell?.("certificate-reloaded", { detail }, this.owner);
    } catch (thrown) {
      const { cause } = thrown as Error;
      host.tell?.("certificate-unusable", { detail, error: textOf(cause ?? thrown) }, this.owner);
    }
  }
}

/** The same text for what is the same. */
function fixedParts({ tls, proxies, fixed = [] }: EntranceOptions): string {
  const { requestClientCert = false, requireClientCert = false, alpn, certificates = [] } = tls ?? {};
  const secure = tls === undefined
    ? null
    : [requestClientCert || requireClientCert, requireClientCert, alpn ?? null, certificates.length > 0];
  return JSON.stringify([secure, proxies !== undefined, fixed]);
}
