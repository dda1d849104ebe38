/** A running broker, asked over the socket in the directory of its data: what commands share that ask or change it. */

import { CodedError } from "../../core/errors.ts";
import { ERROR_CODES, type ErrorCode } from "../../core/codes.ts";
import { textOf } from "../../core/error_text.ts";
import { quote } from "../../core/problem.ts";
import { dataDirectory, socketIn } from "../../config/data_directory.ts";
import { wholePath } from "../../config/home.ts";
import { askUnixHttp } from "../../runtime/http/unix_http.ts";
import { privateSocketAt } from "../../runtime/http/private_socket.ts";
import { homeFolder } from "../../runtime/process.ts";
import { errorCode } from "../../runtime/tcp/guard.ts";
import type { Call } from "../call.ts";

/** Long enough for hooks that take their five seconds one after the other. */
const PATIENCE_MS = 60_000;
/** What the runtimes say of a socket nobody listens on. */
const NOBODY: readonly string[] = [
  "ENOENT",
  "ECONNREFUSED",
  "EPIPE",
  "FailedToOpenSocket",
  "ConnectionRefused",
];

const DENIED: readonly string[] = ["EACCES", "EPERM", "PermissionDenied"];

/** `--sock PATH`, or the one of the data directory. Throws an Error when neither is said. `what`: for that. */
export function socketOf({ configuration, given }: Call, what: string): string {
  const [named] = given.get("sock") ?? [];
  if (named !== undefined) return wholePath(named, homeFolder());
  const directory = dataDirectory(configuration.values);
  if (directory !== null) return socketIn(directory);
  throw new CodedError(
    "broker-not-running",
    `Cannot ${what}: --data DIR says which broker, as it was started with, or --sock PATH; ` +
      "one without a directory for data takes no commands",
  );
}

/**
 * Asks the broker whose socket that is; `route` is below `/api/v1`. What it answers is what its JSON says. Rejects with an Error that
 * has the code of the answer; `broker-not-running` when nobody listens there.
 */
export async function callSocket(
  socket: string,
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  route: string,
  body?: unknown,
): Promise<unknown> {
  const { status, text } = await asked(socket, method, route, body);
  const answer = parsed(text);
  if (status >= 200 && status < 300 && answer !== undefined) return answer;
  const { code, error } = (answer ?? {}) as { readonly code?: unknown; readonly error?: unknown };
  if (typeof code === "string" && Object.hasOwn(ERROR_CODES, code) && typeof error === "string") {
    throw new CodedError(code as ErrorCode, error);
  }
  throw new CodedError(
    "internal-error",
    `The broker at ${quote(socket)} answered ${status}: ${text.slice(0, 200)}`,
  );
}

async function asked(
  socket: string,
  method: string,
  route: string,
  body: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  const request = { method, route: `/api/v1${route}`, body, milliseconds: PATIENCE_MS };
  try {
    return await askUnixHttp(privateSocketAt(socket), request);
  } catch (error) {
    const options = { cause: error };
    if (NOBODY.includes(errorCode(error) ?? "")) {
      throw new CodedError(
        "broker-not-running",
        `No broker runs there: nobody listens on ${quote(socket)}`,
        options,
      );
    }
    const denied = DENIED.includes(errorCode(error) ?? "");
    const whose = denied ? "; only the user it runs as and the superuser may" : "";
    const what = `Cannot ask the broker at ${quote(socket)}: ${textOf(error)}${whose}`;
    throw new CodedError(
      errorCode(error) === "broker-silent" ? "broker-silent" : "internal-error",
      what,
      options,
    );
  }
}

/** Undefined: that is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
