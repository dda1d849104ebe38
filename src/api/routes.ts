/** All routes of the API, as one table. A route is added by a file in `routes/` and a line here. */

import type { Route } from "./route.ts";
import { banRoutes } from "./routes/bans.ts";
import { explainRoute } from "./routes/explain.ts";
import { roleRoutes } from "./routes/roles.ts";
import { accessRoutes, ruleRoutes } from "./routes/rules.ts";
import { userRoutes } from "./routes/users.ts";

export const ROUTES: readonly Route[] = [
  explainRoute,
  ...userRoutes,
  ...roleRoutes,
  ...ruleRoutes,
  ...accessRoutes,
  ...banRoutes,
];

/** What all of them begin with. */
export const BASE = "/api/v1";
