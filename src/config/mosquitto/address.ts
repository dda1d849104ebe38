/** Where a listener of mosquitto's is, as an address here. */

import type { ConfListener } from "./conf.ts";

export function addressOf({ options, port, host }: ConfListener): string {
  const at = `:${Number.isNaN(port) ? "?" : port}`;
  if (host !== "") return `${host.includes(":") ? `[${host}]` : host}${at}`;
  switch (options.get("socket_domain")?.rest) {
    case "ipv4":
      return `0.0.0.0${at}`;
    case "ipv6":
      return `[::]${at}`;
    default:
      return at;
  }
}
