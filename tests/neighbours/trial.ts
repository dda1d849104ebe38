/** One scenario on one runtime: neighbours before, beside and after the crowd. */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Mount } from "../faults/mount.ts";
import { Broker, forget, type Runtime } from "./broker.ts";
import { Crowd } from "./crowd.ts";
import type { Scenario } from "./crowd/scenario.ts";
import type { BrokerFigures, CrowdFigures, NeighbourFigures } from "./figures.ts";
import { Helper } from "./helper.ts";
import { Observation } from "./observation.ts";

/** Seconds of the parts of it. */
const BEFORE = 2.5;
const AFTER = 4;
/** For what has no length of its own. */
const PATIENCE = 60;

export interface Measured {
  readonly scenario: string;
  readonly runtime: Runtime;
  /** For how long the crowd was busy. */
  readonly seconds: number;
  readonly neighbours: NeighbourFigures;
  readonly crowd: CrowdFigures;
  readonly broker: BrokerFigures;
}

export interface Trial {
  readonly measured: Measured;
  /** The same with the memory a minute later; the broker has ended then. */
  readonly later: Promise<Measured>;
}

export interface Settings {
  /** The broker, `main.ts` of some checkout of this project. */
  readonly main: string;
  /** For everything that is written. */
  readonly folder: string;
  /** Instead of the scenario's own. */
  readonly seconds: number | null;
  /** Look at the memory a minute later. */
  readonly wait: boolean;
}

/** A string says why it is skipped. */
export async function tryOut(
  scenario: Scenario,
  runtime: Runtime,
  settings: Settings,
): Promise<Trial | string> {
  const folder = join(settings.folder, `${scenario.name}-${runtime}`);
  const mount = scenario.disk === undefined ? null : new Mount(scenario.disk);
  const release = (): void => {
    mount?.[Symbol.dispose]();
    forget(folder);
  };
  if (mount?.mounted === false) {
    release();
    return "skipped: needs mount";
  }
  const data = mount?.folder ?? (scenario.data === true ? join(folder, "data") : null);
  let broker: Broker | null = null;
  try {
    broker = await Broker.start(scenario, { runtime, main: settings.main, folder, data });
    const { measured, observation } = await measure(broker, scenario, runtime, settings.seconds, data ?? "");
    const later = settings.wait ? observation.later() : Promise.resolve(null);
    return { measured, later: later.then((memory) => end(measured, memory, broker!)).finally(release) };
  } catch (error) {
    await broker?.stop();
    release();
    throw error;
  }
}

async function measure(
  broker: Broker,
  scenario: Scenario,
  runtime: Runtime,
  length: number | null,
  folder: string,
): Promise<{ measured: Measured; observation: Observation }> {
  const seconds = length ?? scenario.seconds;
  const crowd = new Crowd(scenario, { ports: broker.ports, pid: broker.pid, seconds, folder });
  let neighbours: Helper | null = null;
  try {
    await crowd.prepare();
    neighbours = new Helper("neighbours", "neighbour/process.ts", [String(broker.ports.tcp)]);
    if (await neighbours.says("ready", PATIENCE) === undefined) {
      throw new Error("The neighbours are not let in");
    }
    await sleep(BEFORE * 1000);
    const observation = await Observation.begin(broker);
    neighbours.order({ phase: "during" });
    const busy = await crowd.run(seconds + PATIENCE);
    observation.pause();
    neighbours.order({ phase: "after" });
    await sleep((scenario.after ?? AFTER) * 1000);
    neighbours.order({ end: true });
    const figures = await observation.end();
    const said = await neighbours.says("figures", PATIENCE);
    if (said === undefined) throw new Error("The neighbours do not come to an end");
    const measured = { scenario: scenario.name, runtime, seconds: busy, neighbours: said.figures };
    return { measured: { ...measured, crowd: crowd.figures, broker: figures }, observation };
  } finally {
    crowd.kill();
    neighbours?.kill();
  }
}

async function end(measured: Measured, later: number | null, broker: Broker): Promise<Measured> {
  const ended = broker.ended;
  const stopped = await broker.stop();
  const { memory } = measured.broker;
  return {
    ...measured,
    broker: {
      ...measured.broker,
      memory: { ...memory, later },
      ended: ended ?? (stopped ? null : "it did not end on SIGTERM"),
    },
  };
}
