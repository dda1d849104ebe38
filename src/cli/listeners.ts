/** From settings to listeners. Each kind is loaded only when it is asked for. */

import type { ListenerSetting } from "../config/configuration.ts";
import type { Listener } from "../listeners/listener.ts";
import { TcpListener } from "../listeners/tcp.ts";
import type { HttpHandler } from "../runtime/http/http.ts";

export async function makeListener(setting: ListenerSetting, handler: HttpHandler): Promise<Listener> {
  const { protocol, id, address } = setting;
  const common = { id, ...given(setting, ["proxyProtocol"]) };
  switch (protocol) {
    case "tcp":
    case "tls": {
      const own = given(setting, ["tls", "backlog", "topicAliasMaximumOut"]);
      return new TcpListener({ address, ...common, ...own });
    }
    case "ws":
    case "wss": {
      const { WebSocketListener } = await import("../listeners/websocket.ts");
      return new WebSocketListener({
        address,
        ...common,
        ...given(setting, ["tls", "path", "requireSubprotocol", "pingInterval", "origins"]),
        ...given(setting, ["topicAliasMaximumOut", "trustedProxies", "forwardedHeader"]),
      });
    }
    case "unix": {
      const { UnixListener } = await import("../listeners/unix.ts");
      return new UnixListener({
        path: address,
        ...common,
        ...given(setting, ["mode", "topicAliasMaximumOut"]),
      });
    }
    case "http":
    case "https": {
      const { HttpListener } = await import("../listeners/http.ts");
      const own = given(setting, ["tls", "trustedProxies", "forwardedHeader"]);
      return new HttpListener({ address, ...common, ...own, handler });
    }
  }
}

type Given<K extends keyof ListenerSetting> = { readonly [P in K]?: Exclude<ListenerSetting[P], undefined> };

/** Those of the settings that are there. */
function given<K extends keyof ListenerSetting>(setting: ListenerSetting, names: readonly K[]): Given<K> {
  return Object.fromEntries(
    names.filter((name) => setting[name] !== undefined).map((name) => [name, setting[name]]),
  ) as Given<K>;
}
