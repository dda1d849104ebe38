/**
 * A crowd, in a process of its own: `process.ts SCENARIO GIVEN`, the latter a `Given` as JSON. It prepares, says
 * `{"ready": true}`, is told `{"run": true}`, and says `{"done": true}`; notes and facts whenever it has them.
 */

import process from "node:process";
import { orders, say } from "../talk.ts";
import { scenarioNamed } from "./scenarios.ts";
import { type Given, World } from "./world.ts";

class ToldWorld extends World {
  note(text: string): void {
    say({ note: text });
  }

  fact(name: string, value: number): void {
    say({ fact: [name, value] });
  }
}

const scenario = scenarioNamed(process.argv[2] ?? "");
if (scenario === undefined) throw new Error(`There is no scenario "${process.argv[2]}"`);
const world = new ToldWorld(JSON.parse(process.argv[3] ?? "") as Given);

orders((order) => {
  if ("run" in order) {
    void scenario.run(world).then(
      () => say({ done: true }),
      (error: unknown) => say({ done: true, failed: error instanceof Error ? error.message : String(error) }),
    );
  } else process.exit(0);
});
await scenario.prepare?.(world);
say({ ready: true });
