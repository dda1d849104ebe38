/** Everything a broker test needs. */

export { TestBroker, type TestBrokerOptions } from "./broker.ts";
export { connectPacket, encoded, type PacketOf, publishPacket, TestClient } from "./client.ts";
export { settle, until } from "./time.ts";

/** The protocol versions and QoS a behaviour is tried with where it matters. */
export const versions = [4, 5] as const;
export const levels = [0, 1, 2] as const;
