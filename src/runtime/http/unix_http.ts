/**
 * HTTP over a Unix socket that only its owner can open. By what the runtime has for that, which costs nothing until somebody
 * comes; nobody but the owner can keep it waiting, so none of the bounds of `http.ts` are needed.
 */

import { onBun, onDeno } from "../platform.ts";
import { RuntimeError } from "../runtime_error.ts";
import { type ErrorSink, toError } from "../tcp/guard.ts";
import { clearTimeout, setTimeout } from "../timers.ts";

export type UnixHttpHandler = (request: Request) => Response | Promise<Response>;

export interface UnixHttpServer {
  /** Requests that are being answered break off. */
  close(): Promise<void>;
}

/** `report`: is told what the handler threw; who asked is told no more than that something did. */
export async function serveUnixHttp(
  path: string,
  handler: UnixHttpHandler,
  report: ErrorSink,
): Promise<UnixHttpServer> {
  const answer = async (request: Request): Promise<Response> => {
    try {
      return await handler(request);
    } catch (thrown) {
      report(toError(thrown));
      return new Response("Internal Server Error\n", { status: 500 });
    }
  };
  if (onDeno) return onDenoItself(path, answer);
  if (onBun) return onBunItself(path, answer);
  return await onNode(path, answer);
}

function onDenoItself(path: string, handler: UnixHttpHandler): UnixHttpServer {
  const ended = new AbortController();
  const server = Deno.serve({ path, onListen: () => {}, signal: ended.signal }, handler);
  return {
    async close(): Promise<void> {
      ended.abort();
      await server.finished;
    },
  };
}

interface BunServe {
  serve(options: {
    readonly unix: string;
    readonly maxRequestBodySize: number;
    readonly fetch: UnixHttpHandler;
  }): { stop(closeConnections: boolean): Promise<void> };
}

const MOST_BYTES = 64 << 20;

function onBunItself(path: string, handler: UnixHttpHandler): UnixHttpServer {
  const { serve } = (globalThis as unknown as { Bun: BunServe }).Bun;
  const server = serve({ unix: path, maxRequestBodySize: MOST_BYTES, fetch: handler });
  return { close: () => server.stop(true) };
}

async function onNode(path: string, handler: UnixHttpHandler): Promise<UnixHttpServer> {
  const [{ default: http }, { sendResponse, toRequest }] = await Promise.all([
    import("node:http"),
    import("./http_message.ts"),
  ]);
  const server = http.createServer((incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once("close", () => gone.abort());
    const given = toRequest(incoming, { scheme: "http", maxBodyBytes: MOST_BYTES, signal: gone.signal });
    const answered = given instanceof Response ? Promise.resolve(given) : Promise.resolve(handler(given));
    answered.then((response) => sendResponse(response, outgoing)).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path }, resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** One request over such a socket. Rejects with what the system says, and when there is no answer in time. */
export async function askUnixHttp(
  path: string,
  { method, route, body, milliseconds }: {
    readonly method: string;
    readonly route: string;
    /** As JSON; undefined: none. */
    readonly body: unknown;
    readonly milliseconds: number;
  },
): Promise<{ readonly status: number; readonly text: string }> {
  const { default: http } = await import("node:http");
  const text = body === undefined ? null : JSON.stringify(body);
  const headers = text === null
    ? {}
    : { "content-type": "application/json", "content-length": new TextEncoder().encode(text).length };
  return await new Promise((resolve, reject) => {
    const request = http.request({ socketPath: path, path: route, method, headers }, (response) => {
      const parts: Uint8Array[] = [];
      response.on("data", (part: Uint8Array) => parts.push(part));
      response.once("error", reject);
      response.once("end", () => {
        clearTimeout(timer);
        const decoder = new TextDecoder();
        const said = parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
        resolve({ status: response.statusCode ?? 0, text: said });
      });
    });
    const timer = setTimeout(() => {
      request.destroy(new RuntimeError("broker-silent", `no answer within ${milliseconds} ms`));
    }, milliseconds);
    request.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end(text ?? undefined);
  });
}
