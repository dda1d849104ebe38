/** What can be set about access, besides paths. */

/** What a rule grants: nothing, subscribing and receiving, publishing, or both. */
export type RuleAccess = "deny" | "read" | "write" | "readwrite";

/** Paths of files of mosquitto. */
export interface MosquittoFiles {
  readonly passwords: string;
  readonly acl: string;
}
