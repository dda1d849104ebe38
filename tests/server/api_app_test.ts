/** The API's application: its table of routes, its errors, and what stands between it and a bad request. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Hono } from "hono";
import { apiApp } from "../../src/api/app.ts";
import type { Route } from "../../src/api/route.ts";
import { ROUTES } from "../../src/api/routes.ts";
import type { ExplainRequest } from "../../src/broker/explain/types.ts";
import { CodedError } from "../../src/core/errors.ts";
import { AllowAll, MemoryListener, Server } from "../../mod.ts";

const noServer = { server: { explain: (): never => assert.fail("it was asked") } };

function post(path: string, body: string): Request {
  return new Request(`http://localhost${path}`, { method: "POST", body });
}

async function answer(app: Hono, request: Request): Promise<[number, unknown]> {
  const response = await app.fetch(request);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("cache-control"), "no-store");
  return [response.status, await response.json()];
}

test("API: explain answers what the server says, with the errors' codes and statuses", async () => {
  await using server = new Server({ log: null });
  server.addHook(new AllowAll());
  await server.addListener(new MemoryListener({ id: "memory" }));
  const app = apiApp({ server }, assert.ifError);
  const ask = (request: unknown): Promise<[number, unknown]> =>
    answer(app, post("/api/v1/explain", JSON.stringify(request)));
  const question: ExplainRequest = { client: { clientId: "x" }, action: "publish", topic: "a/b" };
  assert.equal((await ask(question))[0], 503);
  await server.serve();
  const [status, why] = await ask(question);
  const { microseconds: _m, steps: _s, ...said } = why as Awaited<ReturnType<Server["explain"]>>;
  const { microseconds: _n, steps: _t, ...direct } = await server.explain(question);
  assert.equal(status, 200);
  assert.deepEqual(said, JSON.parse(JSON.stringify(direct)));
  assert.deepEqual(await ask({ client: "nobody", action: "connect" }), [404, {
    code: "client-not-found",
    error: 'There is no client "nobody": it is not connected, and no session of it is kept',
  }]);
  for (
    const wrong of [{}, { client: "x", action: "fly", topic: "a" }, { client: {}, action: "publish", x: 1 }]
  ) {
    const [code, body] = await ask(wrong);
    assert.deepEqual([code, (body as { code: string }).code], [400, "argument-invalid"]);
  }
});

test("API: a body that is none, too long, or not an object is refused, and routes and methods are named", async () => {
  const app = apiApp(noServer, assert.ifError);
  const of = async (request: Request): Promise<unknown[]> => {
    const [status, body] = await answer(app, request);
    return [status, (body as { code: string }).code];
  };
  for (const body of ["", "{", "[]", "null", "1", '"x"', "\u0000"]) {
    assert.deepEqual(await of(post("/api/v1/explain", body)), [400, "body-invalid"], body);
  }
  assert.deepEqual(await of(post("/api/v1/explain", `"${"x".repeat(1 << 20)}"`)), [413, "body-too-large"]);
  for (const path of ["/", "/api", "/api/v1", "/api/v1/", "/api/v1/explain/x", "/api/v1/__proto__"]) {
    assert.deepEqual(await of(post(path, "{}")), [404, "route-not-found"], path);
  }
  const response = await app.fetch(new Request("http://localhost/api/v1/explain"));
  assert.deepEqual([response.status, response.headers.get("allow")], [405, "POST"]);
  assert.deepEqual(await of(new Request("http://localhost/api/v1/explain")), [405, "method-not-allowed"]);
});

test("API: what a route throws without a code is a fault of ours: reported, and not shown", async () => {
  const told: unknown[] = [];
  const fault = new Error("secret");
  const routes: Route[] = [
    {
      method: "GET",
      path: "/fails",
      text: "",
      body: "none",
      answer: () => {
        throw fault;
      },
    },
    {
      method: "GET",
      path: "/users/:name",
      text: "",
      body: "none",
      answer: ({ parameters, query }) => {
        if (parameters.name === "x") throw new CodedError("user-not-found", "There is no user x");
        return [parameters.name, query.get("q")];
      },
    },
    { method: "DELETE", path: "/users/:name", text: "", body: "none", answer: () => undefined },
  ];
  const app = apiApp(noServer, (error) => told.push(error), routes);
  const get = (path: string, method = "GET"): Promise<[number, unknown]> =>
    answer(app, new Request(`http://localhost/api/v1${path}`, { method }));
  assert.deepEqual(await get("/fails"), [500, { code: "internal-error", error: "Internal error" }]);
  assert.deepEqual(told, [fault]);
  assert.deepEqual(await get("/users/a%2Fb?q=1"), [200, ["a/b", "1"]]);
  assert.deepEqual(await get("/users/x"), [404, { code: "user-not-found", error: "There is no user x" }]);
  assert.deepEqual(await get("/users/x", "DELETE"), [200, null]);
  assert.equal((await get("/users/x", "PUT"))[0], 405);
});

test("API: it can be mounted in another application", async () => {
  const outer = new Hono().route("/", apiApp(noServer, assert.ifError));
  outer.get("/", (context) => context.text("mine"));
  assert.equal((await outer.fetch(post("/api/v1/explain", "{"))).status, 400);
});

test("API: every route of the table has a sentence, a place of its own and a body where it takes one", () => {
  const seen = new Set<string>();
  for (const { method, path, text, body } of ROUTES) {
    assert.match(path, /^(\/(:?[a-z]+))+$/);
    assert.match(text, /^[A-Z].*[^.]$/);
    assert.ok(body === "none" || method !== "GET");
    assert.ok(!seen.has(`${method} ${path}`));
    seen.add(`${method} ${path}`);
  }
});
