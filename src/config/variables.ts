/** The variables whose names begin like ours: which are settings, which are somebody else's, which are slips. */

import { nearest } from "../core/nearest.ts";
import type { Variables } from "./environment.ts";
import { shortProtocols } from "./listener_text.ts";
import type { Problem } from "../core/problem.ts";
import type { Items } from "./table/item.ts";
import { namedByVariable, namedSettings, variableName } from "./table/names.ts";
import { table } from "./table/table.ts";

interface Names {
  /** Those that are for us as soon as they begin like that. */
  readonly inSections: readonly string[];
  readonly single: readonly string[];
}

let known: Names | null = null;

function names(): Names {
  if (known !== null) return known;
  const owned = Object.entries(table.items as Items)
    .flatMap(([name, item]) => item.is === "section" && item.ownsVariables === true ? [name] : []);
  const single = [...shortProtocols, "conf"].map((name) => variableName(name));
  const inSections: string[] = [];
  for (const { variable, section } of namedSettings()) {
    (section !== null && owned.includes(section) ? inSections : single).push(variable);
  }
  return known = { inSections, single };
}

/** The names of all settings. */
export function variableNames(): readonly string[] {
  return [...names().single, ...names().inSections];
}

/** A warning for each that is no setting, and like one. What others use for themselves is none of ours. */
export function slips(variables: Variables): Problem[] {
  const problems: Problem[] = [];
  for (const where of variables.keys()) {
    const meant = isKnown(where) ? null : meantBy(where);
    if (meant === null) continue;
    const message = `Unknown setting, it has no effect; did you mean ${meant}`;
    problems.push({ severity: "warning", where, message });
  }
  return problems;
}

function isKnown(name: string): boolean {
  return namedByVariable().has(name) || names().single.includes(name);
}

/** What people write behind a name that says it all. */
const BEHIND =
  /^(?:IG(?:URATION)?|IFICATES?|BASE|STORE)?(?:DIR(?:ECTORY)?|PATH|FOLDER|FILE(?:NAME)?|ADDR(?:ESS(?:ES)?)?|PORTS?|LISTEN(?:ERS?)?|SOCKET|S)?$/;

/** The setting that may be meant; null: it is like none. */
function meantBy(name: string): string | null {
  const bare = bareName(name);
  const joined = bare.replaceAll("_", "");
  const same = variableNames().find((one) => bareName(one).replaceAll("_", "") === joined);
  if (same !== undefined) return same;
  const longer = names().single.filter((one) => {
    const known = bareName(one).replaceAll("_", "");
    return joined.startsWith(known) && BEHIND.test(joined.slice(known.length));
  });
  if (longer.length > 0) return longer.reduce((best, one) => one.length > best.length ? one : best);
  const shorter = names().single.find((one) => bare !== "" && bareName(one).startsWith(`${bare}_`));
  if (shorter !== undefined) return shorter;
  return withoutSection(bare) ?? near(bare);
}

/** `COMQTT_PACKET_SIZE`. (Words as `URL` or `PASSWORD` may well be for a client.) */
function withoutSection(bare: string): string | null {
  const whole = [
    variableName("limits", bare),
    variableName("capabilities", bare),
    variableName("storage", bare),
  ];
  const found = whole.find((one) => names().inSections.includes(one)) ?? null;
  return found?.startsWith(variableName("storage", "")) && bare !== "SYNC" ? null : found;
}

function near(bare: string): string | null {
  const found = nearest(bare, variableNames().map(bareName));
  return found === null ? null : variableName(found);
}

/** In upper case, without the beginning that all have. */
function bareName(name: string): string {
  return name.toUpperCase().replace(/^COMQTT_*/, "");
}
