/** `/api/v1/roles` */

import type { RoleChanges } from "../../../hooks/auth/store/types.ts";
import { CodedError } from "../../core/errors.ts";
import { quoted } from "../../core/quoted.ts";
import { jsonObject } from "../body.ts";
import { type Route, usersIn } from "../route.ts";
import { expectedOf, partOf, textOf } from "../values.ts";

const SHOWN = 200;

export const roleRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/roles",
    text: "A part of the roles of the store, or the one with that name",
    body: "none",
    answer: async ({ host, query }) => {
      const store = await usersIn(host);
      const name = query.get("name");
      if (name === null) return await store.listRoles(partOf(query));
      const role = await store.role(name);
      if (role !== null) return role;
      throw new CodedError("role-not-found", `There is no role ${quoted(name, SHOWN)}`);
    },
  },
  {
    method: "PUT",
    path: "/roles",
    text: "Makes a role, or changes one",
    body: "json",
    answer: async ({ host, body }) => {
      const { name: _name, expected, ...changes } = jsonObject(body);
      const name = textOf(jsonObject(body), "name");
      return await (await usersIn(host)).putRole(name, changes as RoleChanges, expectedOf(expected));
    },
  },
  {
    method: "DELETE",
    path: "/roles",
    text: "Removes a role that no user has",
    body: "json",
    answer: async ({ host, body }) => {
      await (await usersIn(host)).removeRole(textOf(jsonObject(body), "name"));
      return {};
    },
  },
];
