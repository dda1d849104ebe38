/** Whom a listener believes where a client is. */

import type { ForwardedHeader, ForwardedRules } from "../runtime/proxy/forwarded.ts";
import { Networks } from "../runtime/networks.ts";
import { ListenerError } from "./listener_error.ts";

/** How connections come in through proxies that speak the PROXY protocol, version 1 or 2 (HAProxy, NLB, Envoy, Traefik …). */
export interface ProxyProtocol {
  /**
   * The networks and addresses of the proxies, such as `10.0.0.0/8`, `192.0.2.7`, `fd00::/8`; `unix` for whoever comes over a
   * Unix socket. Each of their connections has to begin with a header; others are refused.
   */
  readonly trusted: readonly string[];
}

/** What listeners for HTTP and WebSocket are told of proxies. */
export interface ForwardedOptions {
  /**
   * Networks and addresses of HTTP proxies, such as `127.0.0.1` and `10.0.0.0/8`, whose word about where a client is is taken. Of
   * several that a request went through, the nearest that is not among them is the client. Default: nobody's.
   */
  readonly trustedProxies?: readonly string[];
  /**
   * The header in which they say it. The other one is not looked at: a proxy hands it on as the client has sent it. Default
   * "X-Forwarded-For".
   */
  readonly forwardedHeader?: ForwardedHeader;
}

/** Undefined: there are none. Throws a `ListenerError`. */
export function proxiesOf(
  id: string,
  options: { readonly proxyProtocol?: ProxyProtocol },
): Networks | undefined {
  const { proxyProtocol } = options;
  if (proxyProtocol === undefined) return undefined;
  return networks(id, "proxyProtocol.trusted", proxyProtocol.trusted);
}

/** Undefined: nobody's word is taken. Throws a `ListenerError`. */
export function forwardedOf(id: string, options: ForwardedOptions): ForwardedRules | undefined {
  const { trustedProxies, forwardedHeader: header = "X-Forwarded-For" } = options;
  if (header !== "X-Forwarded-For" && header !== "Forwarded") {
    const expected = 'expected "X-Forwarded-For" or "Forwarded"';
    throw new ListenerError(`Invalid forwardedHeader of listener "${id}": ${expected}`, {
      code: "listener-invalid",
    });
  }
  if (trustedProxies !== undefined) {
    return { trusted: networks(id, "trustedProxies", trustedProxies), header };
  }
  if (options.forwardedHeader === undefined) return undefined;
  throw new ListenerError(`Cannot use forwardedHeader of listener "${id}" without trustedProxies`, {
    code: "listener-invalid",
  });
}

function networks(id: string, name: string, texts: unknown): Networks {
  // (A program in JavaScript may give something else.)
  if (!Array.isArray(texts) || texts.length === 0 || !texts.every((text) => typeof text === "string")) {
    throw new ListenerError(
      `Invalid ${name} of listener "${id}": expected a list of networks such as "10.0.0.0/8"`,
      { code: "listener-invalid" },
    );
  }
  try {
    return new Networks(texts);
  } catch (cause) {
    throw new ListenerError(`Invalid ${name} of listener "${id}": ${(cause as Error).message}`, {
      cause,
      code: "listener-invalid",
    });
  }
}
