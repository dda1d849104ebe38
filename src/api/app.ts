/**
 * The API as a Hono application, made from the table of its routes. It can be served as it is, or mounted in another one with
 * `app.route("/", apiApp(host))`. Who may call it is decided by whoever serves it.
 */

import { Hono } from "hono";
import { CodedTypeError } from "../core/errors.ts";
import { ERROR_CODES, type ErrorCode, errorCodeOf } from "../core/codes.ts";
import { textOf } from "../core/error_text.ts";
import { jsonBody } from "./body.ts";
import type { ApiHost, Route } from "./route.ts";
import { BASE, ROUTES } from "./routes.ts";

/** `report`: is told of faults that nobody who calls is to blame for. */
export function apiApp(
  host: ApiHost,
  report: (error: unknown) => void,
  routes: readonly Route[] = ROUTES,
): Hono {
  const app = new Hono();
  for (const route of routes) {
    app.on(route.method, `${BASE}${route.path}`, async (context) => {
      const { searchParams: query } = new URL(context.req.url);
      const body = route.body === "json" ? await jsonBody(context.req.raw, route.mostBytes) : undefined;
      return json(200, await route.answer({ host, parameters: context.req.param(), query, body }));
    });
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map(({ method }) => method).join(", ");
    app.all(`${BASE}${path}`, (context) => {
      const error = new CodedTypeError(
        "method-not-allowed",
        `${context.req.method} is not taken here: expected ${methods}`,
      );
      return fault(error, { allow: methods });
    });
  }
  app.notFound((context) =>
    fault(new CodedTypeError("route-not-found", `There is no route ${context.req.path.slice(0, 200)}`))
  );
  app.onError((error) => {
    if (errorCodeOf(error) !== null) return fault(error);
    report(error);
    return fault(new CodedTypeError("internal-error", "Internal error"));
  });
  return app;
}

/** `{ "code": "argument-invalid", "error": "Cannot …" }` with the status of the code. */
function fault(error: Error, headers: Record<string, string> = {}): Response {
  const code: ErrorCode = errorCodeOf(error) ?? "internal-error";
  return json(ERROR_CODES[code].status, { code, error: textOf(error) }, headers);
}

function json(status: number, value: unknown, headers: Record<string, string> = {}): Response {
  return new Response(`${JSON.stringify(value ?? null)}\n`, {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  });
}
