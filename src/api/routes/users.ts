/** `/api/v1/users` */

import type { UserChanges } from "../../../hooks/auth/store/types.ts";
import { CodedError } from "../../core/errors.ts";
import { quoted } from "../../core/quoted.ts";
import { jsonObject } from "../body.ts";
import { type Route, usersIn } from "../route.ts";
import { expectedOf, partOf, textOf } from "../values.ts";

const SHOWN = 200;

// (Names are no part of paths: a user may be called "..".)
export const userRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/users",
    text: "A part of the users of the store, or the one with that name; never a hash",
    body: "none",
    answer: async ({ host, query }) => {
      const store = await usersIn(host);
      const name = query.get("name");
      if (name === null) return await store.listUsers(partOf(query));
      const user = await store.user(name);
      if (user !== null) return user;
      throw new CodedError("user-not-found", `There is no user ${quoted(name, SHOWN)}`);
    },
  },
  {
    method: "PUT",
    path: "/users",
    text: "Makes a user, or changes one",
    body: "json",
    answer: async ({ host, body }) => {
      const { name: _name, expected, ...changes } = jsonObject(body);
      const name = textOf(jsonObject(body), "name");
      return await (await usersIn(host)).putUser(name, changes as UserChanges, expectedOf(expected));
    },
  },
  {
    method: "DELETE",
    path: "/users",
    text: "Removes a user",
    body: "json",
    answer: async ({ host, body }) => {
      await (await usersIn(host)).removeUser(textOf(jsonObject(body), "name"));
      return {};
    },
  },
];
