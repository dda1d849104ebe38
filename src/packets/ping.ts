/** PINGREQ and PINGRESP, MQTT 5.0 sections 3.12 and 3.13: a fixed header and nothing else. */

import { PacketType, type PingPacket } from "./types.ts";

/** Shared: there is nothing in it. */
export const PINGREQ: PingPacket = Object.freeze({ type: PacketType.PINGREQ });
/** Shared: there is nothing in it. */
export const PINGRESP: PingPacket = Object.freeze({ type: PacketType.PINGRESP });
