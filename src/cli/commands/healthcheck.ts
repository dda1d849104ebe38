/** `comqtt healthcheck`: for those who start and restart brokers, without another program that speaks HTTP. */

import { CodedError } from "../../core/errors.ts";
import { textOf } from "../../core/error_text.ts";
import { quote } from "../../core/problem.ts";
import { dataDirectory } from "../../config/data_directory.ts";
import { privateSocketAt } from "../../runtime/http/private_socket.ts";
import { askUnixHttp } from "../../runtime/http/unix_http.ts";
import type { Answer, Call } from "../call.ts";
import { socketOf } from "./socket.ts";

/** Whoever takes longer is not well. */
const PATIENCE_MS = 5000;
const ROUTE = "/readyz";

interface Health {
  readonly status: number;
  readonly text: string;
}

/** By `--url`, else by the socket, else by the first HTTP listener of the configuration. */
export async function healthcheck(call: Call): Promise<Answer> {
  const url = urlOf(call);
  const where = url ?? socketOf(call, "ask for the health of the broker");
  try {
    const { status, text } = url === null ? await overSocket(where) : await overHttp(url);
    if (status === 200) return { text: "ready\n", code: 0 };
    return { text: `not ready: ${quote(where)} answered ${status}\n${text}`, code: 1 };
  } catch (error) {
    const what = `Cannot ask the broker at ${quote(where)}: ${
      textOf(error instanceof Error && error.cause !== undefined ? error.cause : error)
    }`;
    throw new CodedError("broker-not-running", what, { cause: error });
  }
}

/** Null: the socket is to be asked. */
function urlOf({ configuration, given }: Call): string | null {
  const [named] = given.get("url") ?? [];
  if (named !== undefined) return checked(named);
  if (given.has("sock") || dataDirectory(configuration.values) !== null) return null;
  const listener = configuration.listeners.find(({ protocol }) => protocol === "http");
  return listener === undefined ? null : `http://${reachable(listener.address)}`;
}

function checked(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.username + parsed.password === "") {
    return url;
  }
  throw new CodedError(
    "usage-invalid",
    `Cannot use ${
      quote(url)
    } as --url: expected http:// or https:// and the address of an HTTP listener, such as http://127.0.0.1:8080`,
  );
}

/** An address to listen at as one to ask: those that stand for all are this machine. */
function reachable(address: string): string {
  if (/^\d+$/.test(address)) return `127.0.0.1:${address}`;
  return address.replace(/^(?:0\.0\.0\.0|\[::\])?:/, "127.0.0.1:");
}

async function overSocket(path: string): Promise<Health> {
  const request = { method: "GET", route: ROUTE, body: undefined, milliseconds: PATIENCE_MS };
  return await askUnixHttp(privateSocketAt(path), request);
}

async function overHttp(url: string): Promise<Health> {
  const response = await fetch(new URL(ROUTE, url), {
    signal: AbortSignal.timeout(PATIENCE_MS),
    redirect: "manual",
  });
  return { status: response.status, text: await response.text() };
}
