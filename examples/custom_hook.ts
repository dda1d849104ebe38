/**
 * A hook of your own: devices log in with a token, live in a part of the topics of their own, and every message gets
 * the time at which it came.
 *
 *     deno run -A examples/custom_hook.ts
 *     mosquitto_sub -V mqttv5 -u boiler -P token-of-boiler -t 'devices/boiler/#' -F '%t %p %P' &
 *     mosquitto_pub -u boiler -P token-of-boiler -t devices/boiler/heat -m 61
 */

import process from "node:process";
import {
  type Action,
  type Client,
  type ConnectingClient,
  type Credentials,
  type Hook,
  type HookHost,
  type Opinion,
  type PublishAnswer,
  type PublishView,
  type Reason,
  Reasons,
  Server,
  TcpListener,
} from "@comqtt/comqtt";

/** Every method is optional: a hook has those it cares for. */
class Devices implements Hook {
  readonly id = "devices";
  #host: HookHost | null = null;

  /** Called before anything else: the place to open files and connections. What it throws ends `serve`. */
  init(host: HookHost): void {
    this.#host = host;
  }

  /** May it connect? An answer may be a promise: only this client waits for it. */
  async onConnectAuthenticate(
    client: ConnectingClient,
    { username, password }: Credentials,
  ): Promise<Opinion> {
    if (username === null || password === null) return "deny";
    const name = await ownerOf(new TextDecoder().decode(password));
    if (name !== username) return "deny";
    client.data = { since: Date.now() }; // Whatever you like to keep with the connection.
    return "allow";
  }

  /** What may it do? `undefined` is no opinion: then the next hook is asked, and if nobody has one, it is "deny". */
  onAclCheck(client: Client, _action: Action, topic: string): Opinion {
    return topic.startsWith(`devices/${client.username}/`) ? "allow" : undefined;
  }

  /** Every message, before it is kept or delivered: pass it on, changed or not, or refuse it. */
  onPublish(_client: Client, packet: PublishView): PublishAnswer {
    if (packet.length > 1024) return { refuse: Reasons.quotaExceeded };
    const userProperties: [string, string][] = [
      ...packet.properties.userProperties ?? [],
      ["received", new Date().toISOString()],
    ];
    return { packet: { properties: { ...packet.properties, userProperties } } };
  }

  /** Told, not asked: what it answers does not count. */
  onDisconnect(client: Client, reason: Reason | null): void {
    this.#host?.log("info", `${client.username} has gone: ${reason?.text ?? "it said good-bye"}`);
  }
}

/** In your program perhaps a query of a database. */
function ownerOf(token: string): Promise<string | undefined> {
  return Promise.resolve(token.startsWith("token-of-") ? token.slice("token-of-".length) : undefined);
}

// Without `log` a server says nothing. Text of clients can be in it: JSON.stringify keeps it in one line.
const server = new Server({
  log: (level, text) => level !== "debug" && console.error(level, JSON.stringify(text)),
});
await server.addHook(new Devices());
const tcp = new TcpListener({ id: "tcp", address: process.argv[2] ?? "127.0.0.1:1883" });
await server.addListener(tcp);
await server.serve();

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, async () => await server.close());
console.log(`MQTT on ${tcp.address}`);
