/** Between the messages of `node:http` and those of `fetch`. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { clearTimeout, setTimeout } from "../timers.ts";
import { RuntimeRangeError } from "../runtime_error.ts";

export interface RequestContext {
  readonly scheme: "http" | "https";
  readonly maxBodyBytes: number;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** A response instead of the request: what to tell a client whose message makes no sense. */
export function toRequest(incoming: IncomingMessage, context: RequestContext): Request | Response {
  const method = incoming.method ?? "GET";
  const target = incoming.url ?? "/";
  const url = `${context.scheme}://${incoming.headers.host ?? "localhost"}${target}`;
  if (!target.startsWith("/") || !URL.canParse(url)) return refuse(400, "Bad Request");
  if (Number(incoming.headers["content-length"] ?? 0) > context.maxBodyBytes) {
    return refuse(413, "Content Too Large");
  }
  const hasBody = method !== "GET" && method !== "HEAD";
  try {
    return new Request(url, {
      method,
      headers: headersOf(incoming),
      signal: context.signal,
      ...(hasBody ? { body: bodyOf(incoming, context.maxBodyBytes), duplex: "half" } : {}),
    });
  } catch {
    return refuse(400, "Bad Request"); // A method that fetch forbids, TRACE for example.
  }
}

function refuse(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: { connection: "close" } });
}

function headersOf(incoming: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    for (const item of Array.isArray(value) ? value : [value ?? ""]) headers.append(name, item);
  }
  return headers;
}

/** Takes from the socket only what is asked for, and never more than `limit`. */
function bodyOf(incoming: IncomingMessage, limit: number): ReadableStream<Uint8Array> {
  const chunks = incoming[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let length = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      const { done, value } = await chunks.next();
      if (done) return controller.close();
      length += value.length;
      if (length <= limit) return controller.enqueue(new Uint8Array(value));
      controller.error(new RuntimeRangeError("body-too-large", "The request body is too large"));
      incoming.destroy();
    },
    cancel(): void {
      incoming.resume();
    },
  }, { highWaterMark: 0 });
}

/** Sends a response as fast as the client takes it; stops its body when the client has gone. */
export async function sendResponse(response: Response, outgoing: ServerResponse): Promise<void> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of response.headers) headers[name] = value;
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  if (response.body === null) {
    outgoing.writeHead(response.status, headers);
    outgoing.end();
    return;
  }
  // Else browsers guess, and a guess of HTML is a way in.
  if (!response.headers.has("content-type")) headers["content-type"] = "text/plain;charset=UTF-8";
  outgoing.writeHead(response.status, headers);
  const reader = response.body.getReader();
  outgoing.once("close", () => void reader.cancel().catch(() => {}));
  outgoing.flushHeaders();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (!outgoing.write(part.value)) await drained(outgoing);
  }
  outgoing.end();
}

/** A client that takes nothing at all for so long has gone. */
const stallMs = 30_000;

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => outgoing.destroy(), stallMs);
    const done = (): void => {
      clearTimeout(timer);
      outgoing.off("drain", done);
      outgoing.off("close", done);
      resolve();
    };
    outgoing.on("drain", done);
    outgoing.on("close", done);
  });
}
