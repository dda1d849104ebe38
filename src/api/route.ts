/** What a route of the API is: the table in `routes.ts` is made of them, and everything else from that. */

import type { MaybePromise } from "../core/maybe_promise.ts";
import type { Server } from "../server/server.ts";

/** Whatever routes ask or change. */
export interface ApiHost {
  readonly server: Pick<Server, "explain">;
}

/** A request, taken apart. */
export interface ApiCall {
  readonly host: ApiHost;
  /** Of the path, decoded: those with a colon in `Route.path`. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** As JSON; undefined of a route without one. */
  readonly body: unknown;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Route {
  readonly method: Method;
  /** Below `/api/v1`; `:name` stands for one level. */
  readonly path: string;
  /** One sentence. */
  readonly text: string;
  /** Whether there has to be a body. */
  readonly body: "json" | "none";
  /** What is answered as JSON with 200. What it throws with a code of ours is answered with that, and its status. */
  readonly answer: (call: ApiCall) => MaybePromise<unknown>;
}
