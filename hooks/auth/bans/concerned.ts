/** Whom a single ban concerns: asked of everybody who is connected when it is set. */

import type { Client } from "../../../src/session/client.ts";
import { type Ban, networkOf } from "./ban.ts";
import { isV4, maskedV4, PlaceBans, v4Of } from "./places.ts";

/** Says whether it concerns a client. `isProxy`: the address is nobody's. */
export function concerned(ban: Ban, isProxy: (address: string) => boolean): (client: Client) => boolean {
  const { kind, value } = ban;
  if (kind === "client") return ({ id }) => id === value;
  if (kind === "user") return ({ username }) => username === value;
  const comesFrom = placed(ban);
  return ({ remoteAddress }) => comesFrom(remoteAddress) && !isProxy(remoteAddress);
}

function placed(ban: Ban): (address: string) => boolean {
  if (isV4(ban)) {
    const bits = networkOf(ban).bits - 96;
    const network = maskedV4(v4Of(ban.value.split("/", 1)[0]!), bits);
    return (address) => {
      const ip = v4Of(address);
      return ip >= 0 && maskedV4(ip, bits) === network;
    };
  }
  const only = new PlaceBans();
  only.put(ban);
  return (address) => only.find(address, () => true) !== null;
}
