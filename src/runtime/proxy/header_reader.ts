/** Gathers the header of the PROXY protocol, which may come in any pieces, and nothing of what follows it. */

import { longestProxyHeader, type NoProxyHeader, type ProxyHeader, readProxyHeader } from "./proxy_header.ts";

/** The header is complete. */
export interface TakenHeader {
  readonly header: ProxyHeader;
  /** Where in the last piece the client's own bytes begin. */
  readonly rest: number;
}

const first = 128;

export class HeaderReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #length = 0;

  /** How much has come. */
  get length(): number {
    return this.#length;
  }

  /** `bytes[0..length)` came. Null: more has to come. */
  take(bytes: Uint8Array, length: number): TakenHeader | NoProxyHeader | null {
    const before = this.#length;
    const whole = before === 0;
    if (!whole) this.#keep(bytes, length);
    const read = whole ? readProxyHeader(bytes, length) : readProxyHeader(this.#bytes, this.#length);
    if (read === null) {
      if (whole) this.#keep(bytes, length);
      return null;
    }
    // (All that was kept is header, or it would have been complete before.)
    return "fault" in read ? read : { header: read, rest: read.length - before };
  }

  /** (Above the longest header there is a decision.) */
  #keep(bytes: Uint8Array, length: number): void {
    const some = Math.min(length, longestProxyHeader - this.#length);
    const needed = this.#length + some;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(longestProxyHeader, Math.max(first, 2 * needed)));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(0, some), this.#length);
    this.#length = needed;
  }
}
