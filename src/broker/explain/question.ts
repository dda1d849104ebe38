/** A question, looked at before anybody is asked: is it one, and whom is it about? */

import { CodedError, CodedTypeError } from "../../core/errors.ts";
import { checkOptions, described, type Shape } from "../../core/misuse.ts";
import { nearest } from "../../core/nearest.ts";
import type { Client } from "../../hook/client.ts";
import { NO_PROPERTIES } from "../../packets/properties.ts";
import { isValidString } from "../../packets/utf8.ts";
import type { ProtocolVersion, QoS } from "../../packets/types.ts";
import type { Session } from "../../session/session.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { ExplainAction, ExplainClient, ExplainedClient, ExplainRequest } from "./types.ts";
import { shown } from "./words.ts";

export interface Question {
  readonly client: Client;
  readonly version: ProtocolVersion;
  readonly session: Session | null;
  readonly state: ExplainedClient["state"];
  readonly action: ExplainAction;
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
}

const ACTIONS: readonly ExplainAction[] = ["connect", "publish", "subscribe", "receive"];

const shape: Shape<ExplainRequest> = {
  client: "any",
  action: "string",
  topic: "string",
  qos: "number",
  retain: "boolean",
};
const clientShape: Shape<ExplainClient> = {
  clientId: "string",
  username: "string",
  address: "string",
  listener: "string",
  version: "number",
};

/** Throws a TypeError when it is none, an Error when nobody has that client id. `listener`: of somebody who says none. */
export function questionOf(
  sessions: Pick<Sessions, "get">,
  request: ExplainRequest,
  listener: string,
): Question {
  checkOptions("explain", request, shape);
  const { action, topic = "", qos = 1, retain = false } = request;
  if (!ACTIONS.includes(action)) {
    const meant = typeof action === "string" ? nearest(action, ACTIONS) : null;
    throw wrong(
      `Cannot explain ${described(action)}: ${
        meant === null ? `expected one of ${ACTIONS.join(", ")}` : `did you mean "${meant}"`
      }`,
    );
  }
  if (![0, 1, 2].includes(qos)) throw wrong(`Cannot explain QoS ${qos}: expected 0, 1 or 2`);
  if (action === "connect" && topic !== "") {
    throw wrong(`Cannot explain connect with the topic ${shown(topic)}: there is none in it`);
  }
  if (action !== "connect" && topic === "") {
    throw wrong(`Cannot explain ${action} without ${action === "subscribe" ? "a filter" : "a topic"}`);
  }
  text("topic", topic);
  return { ...whom(sessions, request.client, listener), action, topic, qos, retain };
}

function whom(
  sessions: Pick<Sessions, "get">,
  given: unknown,
  listener: string,
): Pick<Question, "client" | "version" | "session" | "state"> {
  if (typeof given === "string") return known(sessions, text("client id", given));
  if (typeof given !== "object" || given === null) {
    throw wrong(`Cannot explain what ${described(given)} may do: expected a client id, or an object`);
  }
  checkOptions("the client of explain", given, clientShape);
  const asked: ExplainClient = given;
  const { version = 5 } = asked;
  if (![3, 4, 5].includes(version)) throw wrong(`Cannot explain version ${version}: expected 3, 4 or 5`);
  const client: Client = {
    id: text("client id", asked.clientId ?? ""),
    username: text("user name", asked.username ?? ""),
    remoteAddress: asked.address ?? "127.0.0.1:0",
    listener: asked.listener ?? listener,
    certificate: null,
    version,
    cleanStart: true,
    keepAlive: 60,
    sessionExpiryInterval: 0,
    properties: NO_PROPERTIES,
    // (So that it belongs to the hook that would let it in.)
    connectedAt: 0,
    inline: false,
    data: undefined,
  };
  return { client, version, session: null, state: "unknown" };
}

function known(
  sessions: Pick<Sessions, "get">,
  id: string,
): Pick<Question, "client" | "version" | "session" | "state"> {
  const session = sessions.get(id);
  const client = session?.outlet?.client ?? session?.client ?? null;
  if (session === undefined || client === null) {
    throw new CodedError(
      "client-not-found",
      `There is no client ${shown(id)}: it is not connected, and no session of it is kept`,
    );
  }
  const version = client.version as ProtocolVersion;
  return { client, version, session, state: session.outlet === null ? "away" : "connected" };
}

/** As MQTT can carry it. */
function text(what: string, value: string): string {
  if (isValidString(value)) return value;
  throw wrong(`Cannot explain the ${what} ${shown(value)}: no packet of MQTT can carry it`);
}

function wrong(message: string): Error {
  return new CodedTypeError("argument-invalid", message);
}
