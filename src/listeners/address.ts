/** Addresses as users write them. */

import { ListenerError } from "./listener_error.ts";

export interface Address {
  /** Empty: every address of the machine, IPv4 and IPv6. */
  readonly hostname: string;
  /** 0: any free port. */
  readonly port: number;
}

const accepted = 'expected "host:port", "[ipv6]:port", ":port" or "port"';
const hostPattern = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}))?$/;

/** `:1883`, `1883`, `127.0.0.1:1883`, `[::1]:1883`, `localhost:1883`; throws a `ListenerError`. */
export function parseAddress(text: string): Address {
  const { host, port } = split(text.trim());
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) {
    throw new ListenerError(`Invalid listener address "${text}": the port must be a number from 0 to 65535`, {
      code: "listener-invalid",
    });
  }
  if (host.startsWith("[") ? !isIpv6(host.slice(1, -1)) : !hostPattern.test(host)) {
    throw new ListenerError(`Invalid listener address "${text}": ${accepted}`, { code: "listener-invalid" });
  }
  const hostname = host.startsWith("[") ? host.slice(1, -1) : host;
  return { hostname, port: Number(port) };

  function split(trimmed: string): { host: string; port: string } {
    if (/^\d+$/.test(trimmed)) return { host: "", port: trimmed };
    const colon = trimmed.lastIndexOf(":");
    const host = trimmed.slice(0, Math.max(0, colon));
    const bracketed = host.startsWith("[") && host.endsWith("]");
    if (colon < 0 || (host.includes(":") && !bracketed)) {
      throw new ListenerError(`Invalid listener address "${text}": ${accepted}`, {
        code: "listener-invalid",
      });
    }
    return { host, port: trimmed.slice(colon + 1) };
  }
}

function isIpv6(host: string): boolean {
  return host.includes(":") && URL.canParse(`http://[${host}]/`);
}
