/** PINGREQ, MQTT 5.0 section 3.12. */

import type { Connection } from "../connection/connection.ts";

const PINGRESP = new Uint8Array([0xd0, 0]);

/** [MQTT-3.12.4-1] */
export function handlePingreq(connection: Connection): void {
  if (connection.broker.hooks.encodes) {
    connection.send({ type: 13 });
    return;
  }
  connection.output.appendAll(PINGRESP);
  connection.broker.stats.bytesSent += 2;
  connection.touch();
}
