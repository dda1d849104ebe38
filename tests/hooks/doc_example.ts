/** The example of docs/hooks.md, kept here so that it is compiled and run. */

// #region example
import type { Hook } from "../../mod.ts";

const seen = new Map<string, number>();

/** Counts what each client publishes, keeps `private/` to itself, and stamps the rest. */
export const census: Hook = {
  id: "census",
  onPublish(client, packet) {
    seen.set(client.id, (seen.get(client.id) ?? 0) + packet.length);
    if (packet.topic.startsWith("private/")) return "drop";
    return { packet: { properties: { ...packet.properties, userProperties: [["by", client.id]] } } };
  },
  onDisconnect: (client): void => void seen.delete(client.id),
};
// #endregion
