/** From settings to listeners. */

import type { ListenerSetting } from "../config/configuration.ts";
import { HttpListener } from "../listeners/http.ts";
import type { Listener } from "../listeners/listener.ts";
import { TcpListener } from "../listeners/tcp.ts";
import { UnixListener } from "../listeners/unix.ts";
import { WebSocketListener } from "../listeners/websocket.ts";
import type { HttpHandler } from "../runtime/http.ts";

export function makeListener(setting: ListenerSetting, handler: HttpHandler): Listener {
  const { id, address, tls, path, requireSubprotocol, pingInterval, origins, backlog, mode } = setting;
  const common = { id, address, ...(tls === undefined ? {} : { tls }) };
  switch (setting.protocol) {
    case "tcp":
    case "tls":
      return new TcpListener({ ...common, ...(backlog === undefined ? {} : { backlog }) });
    case "ws":
    case "wss":
      return new WebSocketListener({
        ...common,
        ...(path === undefined ? {} : { path }),
        ...(requireSubprotocol === undefined ? {} : { requireSubprotocol }),
        ...(pingInterval === undefined ? {} : { pingInterval }),
        ...(origins === undefined ? {} : { origins }),
      });
    case "unix":
      return new UnixListener({ id, path: address, ...(mode === undefined ? {} : { mode }) });
    case "http":
    case "https":
      return new HttpListener({ ...common, handler });
  }
}
