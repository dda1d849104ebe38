/** Where clients come in. */

import { quote } from "../../core/problem.ts";
import { networks } from "../networks.ts";
import {
  duration,
  fileMode,
  filePath,
  integer,
  listOf,
  oneOf,
  someText,
  type ValueKind,
  yesOrNo,
} from "../values.ts";
import { addressFault } from "../address_fault.ts";
import { originsKind } from "../origins.ts";
import { aliasesOut } from "./capabilities.ts";
import { type Fault, type Items, type Section, section, setting, type TaggedList } from "./item.ts";
import { listenerTls } from "./tls.ts";

const addressKind: ValueKind<string> = {
  parse: (text) => addressFault("tcp", text) === null ? text : undefined,
  accepted: "host:port, [ipv6]:port, :port or port",
  fault: (text) => addressFault("tcp", text) ?? "",
  shape: { is: "address" },
};

const address = setting(
  addressKind,
  "Where it listens: `host:port`, `[ipv6]:port`, or `:port` for every address of the machine; port 0 is any free one.",
);
const topicAliasMaximumOut = setting(
  aliasesOut,
  "Topic aliases the server sets towards clients that come in here and allow them.",
  { otherwise: "as `capabilities.topicAliasMaximumOut` says" },
);

interface ProxyValues {
  readonly trusted: readonly string[];
}

const proxyProtocol: Section<ProxyValues> = section(
  "Connections come through proxies that speak the PROXY protocol, version 1 or 2, and from nobody else.",
  { trusted: setting(networks, "The networks of the proxies; `unix` for whoever comes over a Unix socket.") },
  {
    needs: ["trusted"],
    check: ({ trusted = [] }, path) =>
      trusted.length > 0
        ? []
        : [{ message: `Missing "trusted" for ${quote(path)}, expected the networks of the proxies` }],
  },
);

const forwarded: Items = {
  trustedProxies: setting(
    networks,
    "The networks of HTTP proxies whose word about where a client is is taken.",
    { otherwise: "nobody's" },
  ),
  forwardedHeader: setting(
    oneOf(["X-Forwarded-For", "Forwarded"]),
    "The header in which they say it; the other one is not looked at.",
    { otherwise: "X-Forwarded-For" },
  ),
};

const urlPath: ValueKind<string> = {
  parse: (text) => /^\/[^?#\s]*$/.test(text) ? text : undefined,
  accepted: 'a path that begins with a slash, such as "/mqtt"',
  shape: { is: "path" },
};

const tcp: Items = {
  address,
  tls: listenerTls,
  backlog: setting(integer([1, 65_535]), "Connections that may wait to be accepted (Deno only).", {
    otherwise: "511",
  }),
  topicAliasMaximumOut,
  proxyProtocol,
};

const ws: Items = {
  address,
  tls: listenerTls,
  path: setting(listOf(urlPath), "The path that is served, or several of them.", { otherwise: "any" }),
  requireSubprotocol: setting(yesOrNo, "Refuses clients that do not offer the subprotocol `mqtt`.", {
    otherwise: "true",
  }),
  pingInterval: setting(
    duration("s", [0, 86_400]),
    "A connection that was quiet for so long is sent a ping, so that proxies do not close it; 0: never.",
    { otherwise: "30s" },
  ),
  origins: setting(
    originsKind,
    "Whose pages in browsers may connect: `any`, or a list of origins.",
    { otherwise: "as `origins` says" },
  ),
  topicAliasMaximumOut,
  proxyProtocol,
  ...forwarded,
};

const http: Items = { address, tls: listenerTls, proxyProtocol, ...forwarded };

const unix: Items = {
  path: setting(filePath, "The path of the socket."),
  mode: setting(fileMode, "The permissions of the socket.", {
    otherwise: "as the umask of the program says",
  }),
  topicAliasMaximumOut,
  proxyProtocol,
};

/** Of WebSocket and HTTP. */
function webFaults(values: Readonly<Record<string, unknown>>, path: string): Fault[] {
  const { tls, trustedProxies, forwardedHeader } = values;
  const found: Fault[] = [];
  if ((tls as { readonly alpn?: unknown } | undefined)?.alpn !== undefined) {
    found.push({
      key: "tls",
      message: `Cannot use "alpn" for ${quote(`${path}.tls`)}, which speaks http/1.1`,
    });
  }
  if (forwardedHeader !== undefined && trustedProxies === undefined) {
    const message = `Cannot use ${quote(`${path}.forwardedHeader`)} without "trustedProxies"`;
    found.push({ key: "forwardedHeader", message });
  }
  if (Array.isArray(trustedProxies) && trustedProxies.length === 0) {
    const message = `Missing value for ${
      quote(`${path}.trustedProxies`)
    }, expected the networks of the proxies`;
    found.push({ key: "trustedProxies", message });
  }
  return found;
}

export const listeners: TaggedList = {
  is: "list",
  one: "listener",
  text:
    "Where clients come in. With this list there are no other listeners; without it there are three, for this machine only.",
  tag: "type",
  unique: "id",
  common: {
    id: setting(someText, "What it is called in the log.", {
      otherwise: "its type, with a number when that is taken",
    }),
  },
  types: {
    tcp: { text: "MQTT over TCP.", items: tcp, needs: ["address"] },
    ws: { text: "MQTT over WebSocket.", items: ws, needs: ["address"], check: webFaults },
    http: {
      text: "Statistics and health over HTTP.",
      items: http,
      needs: ["address"],
      check: webFaults,
    },
    unix: { text: "MQTT over a Unix socket.", items: unix, needs: ["path"] },
  },
};
