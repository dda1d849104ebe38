/** The variables whose names begin like ours: which are settings, which are somebody else's, which are slips. */

import { nearest } from "../core/nearest.ts";
import { tlsParts, variableName, type Variables } from "./environment.ts";
import type { Problem } from "../core/problem.ts";
import { capabilityKinds, limitKinds } from "./settings.ts";
import { storageKinds } from "./storage.ts";

/** The sections of the file, with their keys. */
const sections = { limits: limitKinds, capabilities: capabilityKinds, storage: storageKinds } as const;

const single = [
  ...["tcp", "tls", "ws", "wss", "http", "unix", "conf", "data", "logLevel", "queueFull"],
  ...["sysTopicInterval", "restoreCounters", "origins"],
].map((name) => variableName(name));
const pem = tlsParts.map((part) => variableName("tls", part));
const inSections = Object.entries(sections).flatMap(([section, kinds]) =>
  Object.keys(kinds).map((key) => variableName(section, key))
);

/** The names of all settings. */
export const variableNames: readonly string[] = [...single, ...pem, ...inSections];

/** A warning for each that is no setting, and like one. What others use for themselves is none of ours. */
export function slips(variables: Variables): Problem[] {
  const problems: Problem[] = [];
  for (const where of variables.keys()) {
    const meant = variableNames.includes(where) ? null : meantBy(where);
    if (meant === null) continue;
    const message = `Unknown setting, it has no effect; did you mean ${meant}`;
    problems.push({ severity: "warning", where, message });
  }
  return problems;
}

/** What people write behind a name that says it all. */
const BEHIND =
  /^(?:IG(?:URATION)?|IFICATES?|BASE|STORE)?(?:DIR(?:ECTORY)?|PATH|FOLDER|FILE(?:NAME)?|ADDR(?:ESS(?:ES)?)?|PORTS?|LISTEN(?:ERS?)?|SOCKET|S)?$/;

/** The setting that may be meant; null: it is like none. */
function meantBy(name: string): string | null {
  const bare = bareName(name);
  const joined = bare.replaceAll("_", "");
  const same = variableNames.find((one) => bareName(one).replaceAll("_", "") === joined);
  if (same !== undefined) return same;
  const longer = [...single, ...pem].filter((one) => {
    const known = bareName(one).replaceAll("_", "");
    return joined.startsWith(known) && BEHIND.test(joined.slice(known.length));
  });
  if (longer.length > 0) return longer.reduce((best, one) => one.length > best.length ? one : best);
  const shorter = single.find((one) => bare !== "" && bareName(one).startsWith(`${bare}_`));
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
  const found = whole.find((one) => inSections.includes(one)) ?? null;
  return found?.startsWith(variableName("storage", "")) && bare !== "SYNC" ? null : found;
}

function near(bare: string): string | null {
  const found = nearest(bare, variableNames.map(bareName));
  return found === null ? null : variableName(found);
}

/** In upper case, without the beginning that all have. */
function bareName(name: string): string {
  return name.toUpperCase().replace(/^COMQTT_*/, "");
}
