/** What a route of the API is: the table in `routes.ts` is made of them, and everything else from that. */

import type { BanAccess } from "../../hooks/auth/bans/book.ts";
import type { AccessStore } from "../../hooks/auth/store/types.ts";
import { CodedError } from "../core/errors.ts";
import type { MaybePromise } from "../core/maybe_promise.ts";
import type { Server } from "../server/server.ts";

/** Whatever routes ask or change. */
export interface ApiHost {
  readonly server: Pick<Server, "explain">;
  /** Left out: there are no users that could be changed. */
  readonly access?: AccessOfHost;
  /** Left out: there are no bans. */
  readonly bans?: Pick<BanAccess, "list" | "get" | "add" | "remove">;
}

/** Users, roles and rules. */
export interface AccessOfHost {
  /** The same one each time. Rejects with a `StorageError`. */
  store(): MaybePromise<AccessStore>;
  /** Whether the server asks them; what is changed is kept all the same. */
  isAsked(): MaybePromise<boolean>;
}

/** Rejects with an Error that has a code. */
export async function usersIn({ access }: ApiHost): Promise<AccessStore> {
  if (access !== undefined) return await access.store();
  throw new CodedError("database-missing", "There is no store of users here");
}

/** Throws an Error that has a code. */
export function bansIn({ bans }: ApiHost): NonNullable<ApiHost["bans"]> {
  if (bans !== undefined) return bans;
  throw new CodedError("database-missing", "There are no bans here");
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
  /** Of the body, at most; default 1 MiB. */
  readonly mostBytes?: number;
  /** What is answered as JSON with 200. What it throws with a code of ours is answered with that, and its status. */
  readonly answer: (call: ApiCall) => MaybePromise<unknown>;
}
