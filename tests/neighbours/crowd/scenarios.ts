/** All there are, in the order of their names. */

import { absent } from "./absent.ts";
import { aliases } from "./aliases.ts";
import { connecting } from "./connecting.ts";
import { expiring } from "./expiring.ts";
import { flooding } from "./flooding.ts";
import { hooked } from "./hooked.ts";
import { idle } from "./idle.ts";
import { large } from "./large.ts";
import { machine } from "./machine.ts";
import { pending } from "./pending.ts";
import { replay } from "./replay.ts";
import { retaining } from "./retaining.ts";
import type { Scenario } from "./scenario.ts";
import { sharing } from "./sharing.ts";
import { slow } from "./slow.ts";
import { storm } from "./storm.ts";
import { web } from "./web.ts";
import { wills } from "./wills.ts";

export const SCENARIOS: readonly Scenario[] = [
  idle,
  connecting,
  replay,
  retaining,
  absent,
  wills,
  sharing,
  slow,
  expiring,
  large,
  aliases,
  web,
  pending,
  machine,
  flooding,
  storm,
  hooked,
].flat();

export function scenarioNamed(name: string): Scenario | undefined {
  return SCENARIOS.find((scenario) => scenario.name === name);
}
