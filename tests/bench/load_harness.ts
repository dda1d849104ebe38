/** For tests of the load generator: compiled once in a file of tests, and run against the fake broker. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before } from "node:test";
import { type Needed, needs } from "../harness/needs.ts";
import { compileLoad, hasOpenssl } from "./compile.ts";
import { type Fake, type Mistake, startFakeBroker } from "./fake_broker.ts";
import { type LoadArgs, type LoadReport, runLoad } from "./load.ts";
import { firstLine } from "./process.ts";

const able: boolean = process.platform === "linux" &&
  await firstLine(process.env["CC"] ?? "cc", ["--version"]) !== undefined;

async function opensslIsThere(): Promise<boolean> {
  const place = mkdtempSync(join(tmpdir(), "comqtt-load-"));
  try {
    return await hasOpenssl(place);
  } finally {
    rmSync(place, { recursive: true });
  }
}

export const needed: Needed = needs("Linux and a C compiler", able);
export const neededForTls: Needed = able ? needs("libssl-dev", await opensslIsThere()) : needed;

export const PAYLOAD = 40; // long enough for its last bytes to be checked as well

/** Of the file of tests that is running: its folder, and the program in it. */
let folder: string;
let program: string;

/** To be called once in a file of tests. */
export function compileBeforeTests(): void {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "comqtt-load-"));
    if (able) program = await compileLoad(folder);
  });
  after(() => rmSync(folder, { recursive: true }));
}

/** A new folder, gone after the tests. */
export function placeFor(name: string): string {
  return mkdtempSync(join(folder, `${name}-`));
}

/** One client that sends a thousand messages to itself, unless `more` says something else. */
export async function loadAgainst(
  mistake: Mistake,
  more: LoadArgs = {},
  fake: Fake = {},
): Promise<LoadReport> {
  const { server, port } = await startFakeBroker(mistake, fake);
  try {
    return await runLoad(program, {
      port,
      clients: 1,
      messages: 1000,
      payload: PAYLOAD,
      patience: 1,
      limit: 20,
      ...more,
    }, []);
  } finally {
    server.close();
  }
}

/** A copy with one byte changed, counted from the end. */
export function changed(packet: Uint8Array, fromEnd: number): Uint8Array {
  const copy = packet.slice();
  copy[copy.length - fromEnd] = (copy[copy.length - fromEnd] ?? 0) ^ 1;
  return copy;
}
