/** From settings to listeners. */

import type { ListenerSetting } from "../config/configuration.ts";
import { HttpListener } from "../listeners/http.ts";
import type { Listener } from "../listeners/listener.ts";
import { TcpListener } from "../listeners/tcp.ts";
import { UnixListener } from "../listeners/unix.ts";
import { WebSocketListener } from "../listeners/websocket.ts";
import type { HttpHandler } from "../runtime/http/http.ts";

export function makeListener(setting: ListenerSetting, handler: HttpHandler): Listener {
  const {
    id,
    address,
    tls,
    path,
    requireSubprotocol,
    pingInterval,
    origins,
    backlog,
    mode,
    topicAliasMaximumOut,
  } = setting;
  const aliases = topicAliasMaximumOut === undefined ? {} : { topicAliasMaximumOut };
  const common = { id, address, ...(tls === undefined ? {} : { tls }) };
  switch (setting.protocol) {
    case "tcp":
    case "tls":
      return new TcpListener({ ...common, ...aliases, ...(backlog === undefined ? {} : { backlog }) });
    case "ws":
    case "wss":
      return new WebSocketListener({
        ...common,
        ...aliases,
        ...(path === undefined ? {} : { path }),
        ...(requireSubprotocol === undefined ? {} : { requireSubprotocol }),
        ...(pingInterval === undefined ? {} : { pingInterval }),
        ...(origins === undefined ? {} : { origins }),
      });
    case "unix":
      return new UnixListener({ id, path: address, ...aliases, ...(mode === undefined ? {} : { mode }) });
    case "http":
    case "https":
      return new HttpListener({ ...common, handler });
  }
}
