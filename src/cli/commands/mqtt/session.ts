/** From options to what a client says in CONNECT. */

import type { ClientOptions } from "../../../client/options.ts";
import { quote } from "../../../core/problem.ts";
import { NO_PROPERTIES, type Properties } from "../../../packets/properties.ts";
import type { ProtocolVersion, Will } from "../../../packets/types.ts";
import { isTopicName } from "../../../topics/names.ts";
import type { OwnGiven } from "../../own_options.ts";
import { UsageError } from "../../usage_error.ts";
import { propertiesOf, type PropertySets } from "./properties.ts";
import { type Destination, destinationOf } from "./target.ts";
import { qosOf, versionOf, wholeNumber } from "./values.ts";

const NEVER = 0xffff_ffff;
/** As libmosquitto has it. */
const INFLIGHT = 20;

export interface SessionChoice {
  readonly options: ClientOptions;
  readonly properties: PropertySets;
  /** Of the URL. */
  readonly topic: string | undefined;
}

export function sessionOf(given: OwnGiven, program: string): SessionChoice {
  const destination = destinationOf(given, program !== "bench");
  const properties = propertiesOf(given.words("property"));
  const expiry = expiryOf(given);
  // (Who speaks of properties means the version that has them.)
  const wanted = given.has("property") || expiry !== undefined ? 5 : 4;
  const version = versionOf(given.last("protocol-version")) ?? wanted;
  if (version !== 5 && wanted === 5) {
    throw new UsageError("Options -D and -x need MQTT 5, expected -V 5 or no -V");
  }
  const cleanStart = !given.has("disable-clean-session");
  const keepAlive = given.last("keepalive");
  const inflight = given.last("max-inflight");
  const session = expiry ?? (cleanStart ? undefined : NEVER);
  return {
    properties,
    topic: destination.topic,
    options: {
      ...who(destination, version),
      version,
      clientId: clientIdOf(given, { cleanStart, version, program }),
      cleanStart,
      keepAlive: keepAlive === undefined ? 60 : wholeNumber("-k", keepAlive, 0, 65_535),
      will: willOf(given, properties.will),
      properties: version !== 5 ? NO_PROPERTIES : {
        ...properties.connect,
        ...(session === undefined || session === 0 ? {} : { sessionExpiryInterval: session }),
      },
      maxInflight: inflight === undefined ? INFLIGHT : wholeNumber("-M", inflight, 1, 65_535),
    },
  };
}

function who(
  { target, username, password }: Destination,
  version: ProtocolVersion,
): Pick<ClientOptions, "target" | "username" | "password"> {
  if (username === null && password !== null && version !== 5) {
    throw new UsageError("A password without a user name needs MQTT 5, expected -u NAME or -V 5");
  }
  return { target, username, password };
}

function expiryOf(given: OwnGiven): number | undefined {
  const text = given.last("session-expiry-interval");
  if (text === undefined) return undefined;
  return text === "-1" || text === "∞" ? NEVER : wholeNumber("-x", text, 0, NEVER);
}

interface IdChoice {
  readonly cleanStart: boolean;
  readonly version: ProtocolVersion;
  readonly program: string;
}

function clientIdOf(given: OwnGiven, { cleanStart, version, program }: IdChoice): string {
  const id = given.last("id");
  const prefix = given.last("id-prefix");
  if (id !== undefined && prefix !== undefined) throw new UsageError("Options -i and -I exclude each other");
  if (id !== undefined) return id;
  if (!cleanStart) throw new UsageError("Option -c needs a client id: -i ID");
  const random = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36);
  if (prefix !== undefined) return `${prefix}${random}`;
  // MQTT 3.1 has no empty client id, and at most 23 characters.
  return version === 3 ? `comqtt-${program}-${random}` : "";
}

function willOf(given: OwnGiven, properties: Properties): Will | null {
  const topic = given.last("will-topic");
  if (topic === undefined) {
    const other = ["will-payload", "will-qos", "will-retain"].find((name) => given.has(name));
    if (other !== undefined) throw new UsageError(`Option --${other} needs --will-topic TOPIC`);
    return null;
  }
  if (!isTopicName(topic)) {
    throw new UsageError(`Cannot use ${quote(topic)} as --will-topic: it is no topic name`);
  }
  return {
    topic,
    payload: new TextEncoder().encode(given.last("will-payload") ?? ""),
    qos: qosOf("--will-qos", given.last("will-qos")),
    retain: given.has("will-retain"),
    properties,
  };
}
