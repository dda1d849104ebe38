/** What became of an API. */

import { type Api, type Member, MODULE } from "./members.ts";
import { isNamed, type Section } from "./changelog.ts";
import type { Snapshot } from "./snapshot.ts";

export interface Change {
  readonly name: string;
  readonly before: string;
  readonly now: string;
}

export interface Changes {
  readonly added: readonly string[];
  /** Of a type or an entry with all its members, it alone. */
  readonly removed: readonly string[];
  /** Another type, mark, value or default; or it has no documentation any more. */
  readonly changed: readonly Change[];
  /** The first sentence is another one. */
  readonly reworded: readonly Change[];
}

export function changesOf(before: Api, now: Api): Changes {
  const changed: Change[] = [];
  const reworded: Change[] = [];
  for (const [name, was] of before) {
    const is = now.get(name);
    if (is === undefined) continue;
    if (bindingText(was) !== bindingText(is)) {
      changed.push({ name, before: bindingText(was), now: bindingText(is) });
    } else if (was.about !== is.about) reworded.push({ name, before: was.about, now: is.about });
  }
  return { added: missing(now, before), removed: missing(before, now), changed, reworded };
}

/** What must not change by itself. */
function bindingText({ signature, defaults, about }: Member): string {
  return signature + (defaults === "" ? "" : `, documented: ${defaults}`) +
    (about === "" ? ", without documentation" : "");
}

function missing(from: Api, inThis: Api): string[] {
  return [...from.keys()].filter((name) =>
    !inThis.has(name) && !ownersOf(name).some((owner) => isLost(owner))
  );

  function isLost(owner: string): boolean {
    return from.has(owner) && !inThis.has(owner);
  }
}

/** What a name goes with: its entry, the type it is a member of. */
function ownersOf(name: string): string[] {
  const [entry = "", path = ""] = name.split(/ (.*)/);
  const [type = ""] = path.split(".", 1);
  return [`${entry} ${MODULE}`, `${entry} ${type}`].filter((owner) => owner !== name);
}

/** What is wrong, in sentences; empty: nothing. */
export function complaints({ version, api, gone }: Snapshot, now: Api, section: Section): string[] {
  const { added, removed, changed } = changesOf(api, now);
  const found = [
    ...removed.map((name) => `removed: ${name}\n  before: ${api.get(name)!.signature}`),
    ...changed.map(({ name, before, now }) => `changed: ${name}\n  before: ${before}\n  now:    ${now}`),
  ];
  if (!section.unreleased) found.push(...added.map((name) => `not in the snapshot of a release: ${name}`));
  if (found.length > 0) {
    found.push(
      "On purpose? Name what is removed or renamed in the newest section of CHANGELOG.md; then `deno task api:accept`",
    );
  }
  if (version === section.version) found.push(...unnamed(gone, section));
  return found;
}

/** Of what is gone that which the changelog does not name. */
export function unnamed(gone: readonly string[], section: Section): string[] {
  return gone.filter((name) => !isNamed(name, section))
    .map((name) => `removed, and CHANGELOG.md does not name it under ${section.version}: ${name}`);
}

/** The snapshot after what is now was accepted. */
export function accepted(before: Snapshot, now: Api, section: Section): Snapshot {
  const earlier = before.version === section.version ? before.gone : [];
  const gone = new Set([...earlier, ...changesOf(before.api, now).removed]);
  // (What came back is not gone.)
  return { version: section.version, api: now, gone: [...gone].filter((name) => !now.has(name)).toSorted() };
}
