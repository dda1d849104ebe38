/**
 * The floors of the house, from the ground up, and what may not be: a file imports only from its own floor and those
 * below, types included, and no file imports itself by way of others.
 */

export interface Floor {
  readonly name: string;
  /** Folders with everything in them, and single files. The longest path that fits a file is the one that counts. */
  readonly rooms: readonly string[];
  /** The highest floor below that is seen from here; without it all are. */
  readonly sees?: string;
}

export const FLOORS: readonly Floor[] = [
  { name: "1", rooms: ["src/packets", "src/topics", "src/runtime"] },
  { name: "2", rooms: ["src/core"] },
  { name: "3", rooms: ["src/storage", "src/session", "src/client"] },
  { name: "4", rooms: ["src/hook"] },
  { name: "5", rooms: ["src/broker/core.ts"] },
  { name: "6", rooms: ["src/broker/access", "src/broker/durability"] },
  { name: "7", rooms: ["src/broker/delivery", "src/broker/ends"] },
  { name: "8", rooms: ["src/broker/sessions", "src/broker/parts.ts"] },
  { name: "9", rooms: ["src/broker/connection", "src/broker/recovery"] },
  {
    name: "10",
    rooms: [
      "src/broker/receive",
      "src/broker/explain",
      "src/broker/broker.ts",
      "src/broker/system_info.ts",
      "src/broker/sys_topics.ts",
    ],
  },
  { name: "11", rooms: ["src/inline", "src/listeners"] },
  { name: "11, upper half", rooms: ["src/server"] },
  { name: "12", rooms: ["hooks"], sees: "4" },
  { name: "13", rooms: ["dashboard", "src/api"] },
  { name: "14", rooms: ["src/config", "src/cli", "main.ts"] },
  { name: "the roof", rooms: ["mod.ts"] },
];

/** More loose files than that in one folder, and nobody finds anything. */
export const LOOSE_FILES = 30;

/** What each file imports, by paths from the root. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** Which of the floors a file stands on; null: the table does not know it. */
export function floorOf(path: string, floors: readonly Floor[] = FLOORS): number | null {
  let found: number | null = null;
  let longest = "";
  for (const [index, { rooms }] of floors.entries()) {
    for (const room of rooms) {
      if (room.length <= longest.length || (path !== room && !path.startsWith(`${room}/`))) continue;
      found = index;
      longest = room;
    }
  }
  return found;
}

/** Files without a floor, as sentences. */
export function homelessFiles(graph: Graph, floors: readonly Floor[] = FLOORS): string[] {
  return [...graph.keys()].filter((path) => floorOf(path, floors) === null)
    .map((path) =>
      `${path} stands on no floor: put it into a room of tests/house/floors.ts, or name it there`
    );
}

/** Imports of what is not there, as sentences. */
export function missingImports(graph: Graph): string[] {
  return edges(graph).filter(([, to]) => !graph.has(to))
    .map(([from, to]) => `${from} imports ${to}, which is no file of src, hooks or dashboard`);
}

/** Imports of what stands higher, or is not seen from a floor, as sentences. */
export function upwardImports(graph: Graph, floors: readonly Floor[] = FLOORS): string[] {
  const seen = floors.map(({ sees }, index) =>
    sees === undefined ? index : floors.findIndex(({ name }) => name === sees)
  );
  return edges(graph).flatMap(([from, to]) => {
    const [own, other] = [floorOf(from, floors), floorOf(to, floors)];
    if (own === null || other === null || other === own || other <= seen[own]!) return [];
    const what = `${on(from, floors)} imports ${on(to, floors)}`;
    return other > own
      ? `${what}: upward`
      : `${what}: from there nothing above floor ${floors[seen[own]!]!.name} is seen`;
  });
}

/** Of each knot of files that import one another a shortest circle, as sentences with its path. */
export function circles(graph: Graph, floors: readonly Floor[] = FLOORS): string[] {
  return knots(graph).map((knot) => {
    const circle = shortestCircle(graph, new Set(knot));
    const path = [...circle, circle[0]!].map((file) => on(file, floors)).join(" → ");
    const others = knot.length - circle.length;
    return `A circle: ${path}${others === 0 ? "" : `; ${others} more files are in its knot`}`;
  });
}

/** Folders with too many files that are in no folder of it, as sentences. */
export function crowdedFolders(paths: readonly string[], most: number = LOOSE_FILES): string[] {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const folder = path.slice(0, path.lastIndexOf("/"));
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > most)
    .map(([folder, count]) => `${folder} has ${count} loose files: at most ${most} stand in one folder`);
}

function on(path: string, floors: readonly Floor[]): string {
  const floor = floorOf(path, floors);
  return `${path} (floor ${floor === null ? "unknown" : floors[floor]!.name})`;
}

function edges(graph: Graph): [from: string, to: string][] {
  return [...graph].flatMap(([from, tos]) => tos.map((to): [string, string] => [from, to]));
}

/** Files each of which leads to every other one of them, by Tarjan's algorithm; in order of their first. */
function knots(graph: Graph): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const open: string[] = [];
  const visit = (file: string): number => {
    const index = order.size;
    order.set(file, index);
    let lowest = index;
    open.push(file);
    for (const to of graph.get(file) ?? []) {
      if (!order.has(to)) lowest = Math.min(lowest, visit(to));
      else if (open.includes(to)) lowest = Math.min(lowest, order.get(to)!);
    }
    if (lowest !== index) return lowest;
    const knot = open.splice(open.indexOf(file));
    if (knot.length > 1 || graph.get(file)?.includes(file) === true) found.push(knot.sort());
    return lowest;
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found.sort(([a], [b]) => a! < b! ? -1 : 1);
}

function shortestCircle(graph: Graph, knot: ReadonlySet<string>): string[] {
  let shortest: string[] | null = null;
  for (const start of knot) {
    const path = wayBack(graph, knot, start);
    if (shortest === null || path.length < shortest.length) shortest = path;
  }
  return shortest!;
}

/** From a file of a knot to itself, breadth first. */
function wayBack(graph: Graph, knot: ReadonlySet<string>, start: string): string[] {
  const paths: string[][] = [[start]];
  const reached = new Set<string>();
  for (const path of paths) {
    for (const to of graph.get(path.at(-1)!) ?? []) {
      if (to === start) return path;
      if (!knot.has(to) || reached.has(to)) continue;
      reached.add(to);
      paths.push([...path, to]);
    }
  }
  throw new Error(`${start} is in no circle`);
}
