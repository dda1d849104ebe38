/** `POST /api/v1/explain` */

import type { ExplainRequest } from "../../broker/explain/types.ts";
import { jsonObject } from "../body.ts";
import type { Route } from "../route.ts";

export const explainRoute: Route = {
  method: "POST",
  path: "/explain",
  text: "Why a client may do something, or may not: what `Server.explain` is asked and answers",
  body: "json",
  // (The server looks at what stands in it.)
  answer: ({ host, body }) => host.server.explain(jsonObject(body) as unknown as ExplainRequest),
};
