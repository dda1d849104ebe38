/** Where clients come in. */

import { duration, fileMode, filePath, integer, someText, type ValueKind, yesOrNo } from "../values.ts";
import { addressFault } from "../address_fault.ts";
import { originsKind } from "../origins.ts";
import { aliasesOut } from "./capabilities.ts";
import { type Items, setting, type TaggedList } from "./item.ts";
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

const tcp: Items = {
  address,
  tls: listenerTls,
  backlog: setting(integer([1, 65_535]), "Connections that may wait to be accepted (Deno only).", {
    otherwise: "511",
  }),
  topicAliasMaximumOut,
};

const ws: Items = {
  address,
  tls: listenerTls,
  path: setting(someText, "The only path that is served.", { otherwise: "any" }),
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
};

const unix: Items = {
  path: setting(filePath, "The path of the socket."),
  mode: setting(fileMode, "The permissions of the socket.", {
    otherwise: "as the umask of the program says",
  }),
  topicAliasMaximumOut,
};

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
    ws: { text: "MQTT over WebSocket.", items: ws, needs: ["address"] },
    http: {
      text: "Statistics and health over HTTP.",
      items: { address, tls: listenerTls },
      needs: ["address"],
    },
    unix: { text: "MQTT over a Unix socket.", items: unix, needs: ["path"] },
  },
};
