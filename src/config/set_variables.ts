/** Which variables are set; most programs have none, and need nothing that understands them. */

import type { Variables } from "./environment.ts";

/** Those that are set, and not to tell where a service of Kubernetes is; an empty one is not set. */
export function setVariables(variables: Variables): Variables {
  return new Map([...variables].filter(([name, value]) => value.trim() !== "" && !isService(name, value)));
}

/** A service `comqtt` gives each container `COMQTT_PORT=tcp://10.0.0.1:1883`, and one `comqtt-storage` others of that kind. */
function isService(name: string, value: string): boolean {
  return /_SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)$/.test(name) ||
    /_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/.test(name) ||
    (name.endsWith("_PORT") && /^(?:tcp|udp|sctp):\/\//.test(value));
}
