/** The environment as a source of settings: `COMQTT_` and the name of the option or setting in upper case. */

import { type Layer, type ListenerSetting, onlyThese, type Protocol } from "./configuration.ts";
import { listenersOfList } from "./listener_list.ts";
import { listenersOf, shortProtocols } from "./listener_text.ts";
import { nearest } from "../core/nearest.ts";
import { nothingOutside, type Outside } from "./outside.ts";
import { ConfigError, type Problem } from "../core/problem.ts";
import { Found } from "./table/found.ts";
import type { Items } from "./table/item.ts";
import { namedByVariable, namedSettings, variableName } from "./table/names.ts";
import { table } from "./table/table.ts";
import { takeText } from "./table/texts.ts";

/** What the environment has under a name that begins with `COMQTT_`. */
export type Variables = ReadonlyMap<string, string>;

/** `variables`: those that are set. Throws a `ConfigError` with everything that is wrong. */
export function environmentLayer(variables: Variables, outside: Outside = nothingOutside): Layer {
  const problems: Problem[] = [];
  const found = new Found();
  const listeners = new Map<Protocol, readonly ListenerSetting[]>();
  for (const protocol of shortProtocols) {
    const origin = variableName(protocol);
    const text = variables.get(origin);
    if (text === undefined) continue;
    const texts = text.split(",").map((part) => part.trim());
    listeners.set(protocol, listenersOf({ protocol, texts, origin }, problems));
  }
  if (variables.size > 0) {
    for (const named of namedSettings()) {
      const text = variables.get(named.variable)?.trim();
      if (text !== undefined) takeText({ named, text, origin: named.variable }, { found, problems, outside });
    }
    refuseUnknown(variables, problems);
  }
  const layer = withList({ found, listeners }, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return layer;
}

/** A list of listeners is all there are, from variables and options as well. */
export function withList({ found, listeners }: Layer, problems: Problem[]): Layer {
  if (found.listeners === undefined) return { found, listeners };
  const origin = found.places.get("listeners")!;
  for (const short of [...listeners.values()].flat()) {
    const message = `Cannot use it beside ${origin}, which has all listeners`;
    problems.push({ severity: "error", where: short.origin, message });
  }
  return { found, listeners: onlyThese(listenersOfList(found.listeners)) };
}

/** Other names may well belong to somebody else; these are surely meant for us. */
function refuseUnknown(variables: Variables, problems: Problem[]): void {
  for (const [section, item] of Object.entries(table.items as Items)) {
    if (item.is !== "section" || item.ownsVariables !== true) continue;
    const whole = variableName(section);
    const given = [...variables.keys()].filter((name) => name === whole || name.startsWith(`${whole}_`));
    if (given.length === 0) continue;
    const names = namedSettings().filter((one) => one.section === section).map(({ variable }) => variable);
    for (const where of given) {
      if (namedByVariable().has(where)) continue;
      const meant = where === whole ? null : nearest(where, names);
      const hint = meant === null ? "" : `, did you mean ${meant}`;
      const message = where === whole
        ? `Unknown setting, those of this section are ${names[0]!} and so on`
        : `Unknown setting${hint}`;
      problems.push({ severity: "error", where, message });
    }
  }
}
