/** `comqtt explain CLIENT ACTION [TOPIC]` */

import type { ExplainClient, ExplainRequest, Explanation } from "../../broker/explain/types.ts";
import { CodedError } from "../../core/errors.ts";
import { quote } from "../../core/problem.ts";
import type { Answer, Call } from "../call.ts";
import { explanationText } from "./explain_text.ts";
import { callSocket, socketOf } from "./socket.ts";

/** For scripts; whatever goes wrong is the last. */
const CODES: Readonly<Record<Explanation["outcome"], number>> = { allowed: 0, refused: 1, unknown: 2 };

export async function explain(call: Call): Promise<Answer> {
  const socket = socketOf(call, "ask a broker");
  const explanation = await callSocket(socket, "POST", "/explain", requestOf(call)) as Explanation;
  const text = call.given.has("json")
    ? `${JSON.stringify(explanation, null, "\t")}\n`
    : explanationText(explanation);
  return { text, code: CODES[explanation.outcome] };
}

function requestOf(call: Call): ExplainRequest {
  const [id = "", action = "", topic] = call.operands;
  const qos = numberOf(call, "qos", [0, 1, 2]);
  return {
    client: clientOf(call, id),
    // (What is none of them the broker says.)
    action: action as ExplainRequest["action"],
    ...(topic === undefined ? {} : { topic }),
    ...(qos === undefined ? {} : { qos: qos as 0 | 1 | 2 }),
    ...(call.given.has("retain") ? { retain: true } : {}),
  };
}

/** Who says anything of a client asks about one that need not be there. */
function clientOf(call: Call, clientId: string): string | ExplainClient {
  const { given } = call;
  const said = ["user", "address", "listener", "mqtt"].some((name) => given.has(name));
  if (!said) return clientId;
  const version = numberOf(call, "mqtt", [3, 4, 5]);
  const texts = { username: given.get("user")?.[0], address: given.get("address")?.[0] };
  const [listener] = given.get("listener") ?? [];
  return {
    clientId,
    ...(texts.username === undefined ? {} : { username: texts.username }),
    ...(texts.address === undefined ? {} : { address: texts.address }),
    ...(listener === undefined ? {} : { listener }),
    ...(version === undefined ? {} : { version: version as 3 | 4 | 5 }),
  };
}

function numberOf({ given }: Call, name: string, accepted: readonly number[]): number | undefined {
  const [text] = given.get(name) ?? [];
  if (text === undefined) return undefined;
  const value = accepted.find((one) => String(one) === text);
  if (value !== undefined) return value;
  throw new CodedError(
    "usage-invalid",
    `Cannot use ${quote(text)} as --${name}: expected one of ${accepted.join(", ")}`,
  );
}
