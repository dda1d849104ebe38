/** `/api/v1/rules`, and what is about all users and roles: `/api/v1/access` */

import type { AccessImport, StoredRule } from "../../../hooks/auth/store/types.ts";
import { jsonObject } from "../body.ts";
import { type Route, usersIn } from "../route.ts";
import { namedList, orderOf, ownerOf } from "../values.ts";

/** Of a whole list of users and roles. */
const MOST_IMPORTED = 63 << 20;

export const ruleRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/rules",
    text: "A rule of a user or a role, the last or at a position",
    body: "json",
    answer: async ({ host, body }) => {
      const fields = jsonObject(body);
      const { rule, position } = fields;
      return await (await usersIn(host))
        // (The store looks at both.)
        .addRule(ownerOf(fields), rule as StoredRule, position as number | undefined);
    },
  },
  {
    method: "DELETE",
    path: "/rules",
    text: "Removes the rule at a position",
    body: "json",
    answer: async ({ host, body }) => {
      const fields = jsonObject(body);
      return await (await usersIn(host)).removeRule(ownerOf(fields), fields.position as number);
    },
  },
  {
    method: "PUT",
    path: "/rules/order",
    text: "Which of the rules that match decides",
    body: "json",
    answer: async ({ host, body }) => {
      const order = orderOf(jsonObject(body).order);
      await (await usersIn(host)).setOrder(order);
      return { order };
    },
  },
];

export const accessRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/access",
    text: "Where users and rules are kept, whether this broker asks them, and which rule decides",
    body: "none",
    answer: async ({ host }) => {
      const store = await usersIn(host);
      const asked = await host.access?.isAsked() ?? false;
      return { place: store.place, asked, order: await store.order() };
    },
  },
  {
    method: "POST",
    path: "/access/import",
    text: "Many users and roles at once, all of them or none; those of the same names are replaced",
    body: "json",
    mostBytes: MOST_IMPORTED,
    answer: async ({ host, body }) => {
      const fields = jsonObject(body);
      const { order } = fields;
      const whole: AccessImport = {
        roles: namedList(fields, "roles"),
        users: namedList(fields, "users"),
        ...(order === undefined ? {} : { order: orderOf(order) }),
      };
      return await (await usersIn(host)).import(whole);
    },
  },
];
