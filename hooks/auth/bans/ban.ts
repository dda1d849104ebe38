/** What a ban is, and how somebody asks for one. */

import { CodedError, CodedRangeError, CodedTypeError } from "../../../src/core/errors.ts";
import { described } from "../../../src/core/misuse.ts";
import { quoted } from "../../../src/core/quoted.ts";
import { isValidString, utf8Length } from "../../../src/packets/utf8.ts";
import { formatIp, parseIp } from "../../../src/runtime/ip.ts";

/** Who is banned: a client id, a user name, one IP address, or a network in CIDR notation. */
export type BanKind = "client" | "user" | "address" | "network";

/** All of them. */
export const BAN_KINDS: readonly BanKind[] = ["client", "user", "address", "network"];

/** A ban. No two have the same kind and value. */
export interface Ban {
  /** Who is banned. */
  readonly kind: BanKind;
  /** The client id or user name as it is; an address as RFC 5952 writes it, a network without bits beyond its length. */
  readonly value: string;
  /** Why; may be empty. */
  readonly reason: string;
  /** `operator`: somebody has set it; `abuse`: too many failed logins have. */
  readonly origin: "operator" | "abuse";
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Milliseconds since 1970; null: until it is removed. */
  readonly until: number | null;
}

/** What is asked for. */
export interface BanRequest {
  /** Who is to be banned. A network that is one address becomes an address. */
  readonly kind: BanKind;
  /** Of `client` and `user` 1 to 65,535 bytes; `192.0.2.7`, `2001:db8::1`; `192.0.2.0/24`, `2001:db8::/48`. */
  readonly value: string;
  /** Up to 500 characters. Default: none. */
  readonly reason?: string;
  /** Milliseconds since 1970, in the future. Null, the default: until it is removed. */
  readonly until?: number | null;
}

/** What names a ban. */
export type BanName = Pick<Ban, "kind" | "value">;

const LONGEST_VALUE = 65_535;
const LONGEST_REASON = 500;
const SHOWN = 80;

/** As it is kept. Throws a TypeError or RangeError that says what is accepted. */
export function banOf(request: BanRequest, now: number, origin: Ban["origin"] = "operator"): Ban {
  const { reason = "", until = null } = request;
  if (typeof reason !== "string" || reason.length > LONGEST_REASON || !isValidString(reason)) {
    throw new CodedRangeError(
      "argument-invalid",
      `Cannot use ${
        described(reason)
      } as the reason of a ban: expected a text of up to ${LONGEST_REASON} characters`,
    );
  }
  if (until !== null && !(Number.isSafeInteger(until) && until > now)) {
    throw new CodedRangeError(
      "argument-invalid",
      `Cannot use ${
        described(until)
      } as the end of a ban: expected a time in the future, in milliseconds since 1970, or null`,
    );
  }
  return { ...banNameOf(request), reason, origin, since: now, until };
}

/** The same name for the same ban, however it was written. Throws a TypeError or RangeError. */
export function banNameOf({ kind, value }: BanName): BanName {
  if (!BAN_KINDS.includes(kind)) {
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot ban ${described(kind)}: expected one of ${BAN_KINDS.join(", ")}`,
    );
  }
  if (typeof value !== "string") {
    throw new CodedTypeError("argument-invalid", `Cannot ban ${described(value)}: expected a string`);
  }
  if (kind === "address" || kind === "network") return placeOf(kind, value);
  if (value !== "" && isValidString(value) && utf8Length(value) <= LONGEST_VALUE) return { kind, value };
  throw new CodedRangeError(
    "argument-invalid",
    `Cannot ban the ${kind} ${
      quoted(value, SHOWN)
    }: expected 1 to ${LONGEST_VALUE} bytes of UTF-8 without U+0000`,
  );
}

function placeOf(kind: "address" | "network", value: string): BanName {
  const [text = "", length, ...more] = value.split("/");
  const ip = text.includes("%") ? null : parseIp(text);
  const most = text.includes(":") ? 128 : 32;
  const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : Infinity;
  const fits = ip !== null && more.length === 0 && bits <= most &&
    (kind === "network" || length === undefined);
  if (!fits) {
    const accepted = kind === "address"
      ? 'an address such as "192.0.2.7" or "2001:db8::1"'
      : 'a network such as "192.0.2.0/24" or "2001:db8::/48"';
    throw new CodedRangeError(
      "argument-invalid",
      `Cannot ban the ${kind} ${quoted(value, SHOWN)}: expected ${accepted}`,
    );
  }
  const whole = bits + 128 - most;
  return networkName(ip, whole);
}

/** Of `bits` of 128. */
export function networkName(ip: Uint8Array, bits: number): BanName {
  if (bits === 128) return { kind: "address", value: formatIp(ip) };
  const base = formatIp(masked(ip, bits));
  // (What is mapped is written as IPv4, unless the network is larger than all of IPv4.)
  return base.includes(":")
    ? { kind: "network", value: `${base}/${bits}` }
    : { kind: "network", value: `${base}/${bits - 96}` };
}

/** The bytes of a ban's address or network, and how many of its 128 bits count. */
export function networkOf({ kind, value }: BanName): { readonly ip: Uint8Array; readonly bits: number } {
  const [text = "", length] = value.split("/");
  const ip = parseIp(text)!;
  if (kind === "address") return { ip, bits: 128 };
  return { ip, bits: Number(length) + (text.includes(":") ? 0 : 96) };
}

/** Without the bits beyond that many. */
export function masked(ip: Uint8Array, bits: number): Uint8Array {
  const whole = bits >> 3;
  const out = new Uint8Array(16);
  out.set(ip.subarray(0, whole));
  if (whole < 16) out[whole] = ip[whole]! & (0xff00 >> (bits & 7));
  return out;
}

/** For messages: `client "pump-1"`, `network 192.0.2.0/24`. */
export function banText({ kind, value }: BanName): string {
  return kind === "client" || kind === "user" ? `${kind} ${quoted(value, 200)}` : `${kind} ${value}`;
}

/** That there is none. */
export function noBan(name: BanName): Error {
  return new CodedError("ban-not-found", `There is no ban of the ${banText(name)}`);
}
