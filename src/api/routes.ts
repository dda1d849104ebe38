/** All routes of the API, as one table. A route is added by a file in `routes/` and a line here. */

import type { Route } from "./route.ts";
import { explainRoute } from "./routes/explain.ts";

export const ROUTES: readonly Route[] = [explainRoute];

/** What all of them begin with. */
export const BASE = "/api/v1";
