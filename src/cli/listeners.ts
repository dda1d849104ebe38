/** From settings to listeners. Each kind is loaded only when it is asked for. */

import type { ListenerSetting } from "../config/configuration.ts";
import type { Listener } from "../listeners/listener.ts";
import { TcpListener } from "../listeners/tcp.ts";
import type { HttpHandler } from "../runtime/http/http.ts";

export async function makeListener(setting: ListenerSetting, handler: HttpHandler): Promise<Listener> {
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
    case "wss": {
      const { WebSocketListener } = await import("../listeners/websocket.ts");
      return new WebSocketListener({
        ...common,
        ...aliases,
        ...(path === undefined ? {} : { path }),
        ...(requireSubprotocol === undefined ? {} : { requireSubprotocol }),
        ...(pingInterval === undefined ? {} : { pingInterval }),
        ...(origins === undefined ? {} : { origins }),
      });
    }
    case "unix": {
      const { UnixListener } = await import("../listeners/unix.ts");
      return new UnixListener({ id, path: address, ...aliases, ...(mode === undefined ? {} : { mode }) });
    }
    case "http":
    case "https": {
      const { HttpListener } = await import("../listeners/http.ts");
      return new HttpListener({ ...common, handler });
    }
  }
}
