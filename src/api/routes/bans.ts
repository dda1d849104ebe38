/** `/api/v1/bans` */

import {
  type BanKind,
  type BanName,
  banNameOf,
  type BanRequest,
  noBan,
} from "../../../hooks/auth/bans/ban.ts";
import { jsonObject } from "../body.ts";
import { bansIn, type Route } from "../route.ts";
import { limitOf, wrong } from "../values.ts";

const KEYS: readonly string[] = ["kind", "value", "reason", "until"];
/** In one answer, when nothing is said. */
const MOST_LISTED = 1000;

export const banRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/bans",
    text: "A part of the bans in force, in the order of kind and value",
    body: "none",
    answer: ({ host, query }) => {
      const limit = limitOf(query) ?? MOST_LISTED;
      const after = afterOf(query);
      const found = bansIn(host).list({ ...(after === null ? {} : { after }), limit: limit + 1 });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      const more = found.length > limit && last !== undefined;
      return { items, next: more ? { kind: last.kind, value: last.value } : null };
    },
  },
  {
    method: "PUT",
    path: "/bans",
    text: "A ban, in the place of the one with the same kind and value",
    body: "json",
    answer: async ({ host, body }) => {
      const fields = jsonObject(body);
      const strange = Object.keys(fields).find((key) => !KEYS.includes(key));
      if (strange !== undefined) throw wrong(`There is no such field of a ban: expected ${KEYS.join(", ")}`);
      // (The bans look at what stands in it.)
      return await bansIn(host).add(fields as unknown as BanRequest);
    },
  },
  {
    method: "DELETE",
    path: "/bans",
    text: "Removes a ban",
    body: "json",
    answer: async ({ host, body }) => {
      const { kind, value } = jsonObject(body) as unknown as BanName;
      const bans = bansIn(host);
      const found = bans.get({ kind, value });
      if (found === null || !await bans.remove({ kind, value })) throw noBan({ kind, value });
      return found;
    },
  },
];

/** It need not be there any more. Null: from the first on. */
function afterOf(query: URLSearchParams): BanName | null {
  const kind = query.get("kind");
  const value = query.get("value");
  if (kind === null && value === null) return null;
  return banNameOf({ kind: kind as BanKind, value: value as string });
}
