/** A broker with hooks, for the benchmark: `broker.ts VARIANT PORT`. */

import process from "node:process";
import { Ledger, type LedgerRules } from "../../../hooks/auth/ledger.ts";
import { AllowAll, type Hook, Server, TcpListener } from "../../../mod.ts";
import { HOOK_EVENTS } from "../../../src/hook/dispatcher.ts";

const [variant = "bare", port = "0"] = process.argv.slice(2);

/** None of its rules is about what the load does, so each has to be looked at. */
function ledger(): Ledger {
  const acl = Array.from({ length: 100 }, (_, i) => ({
    username: `user-${i}`,
    filters: { [`site/${i}/#`]: "readwrite" as const },
  }));
  const rules: LedgerRules = { auth: [{ allow: true }], acl };
  return new Ledger(rules);
}

/** A hook with a method for every event. */
function everywhere(id: string, method: () => () => void): Hook {
  return Object.assign({ id }, Object.fromEntries(HOOK_EVENTS.map((event) => [event, method()])));
}

const hooks: Record<string, () => Hook[]> = {
  bare: () => [new AllowAll()],
  rules: () => [everywhere("idle", () => () => {}), ledger(), new AllowAll()],
  publish: () => {
    let seen = 0;
    const passing: Hook = {
      id: "passing",
      onPublish(_client, packet): void {
        if (packet.topic !== "") seen++;
      },
    };
    return [passing, new AllowAll()];
  },
  counting: () => {
    let events = 0;
    const count = (): void => {
      events++;
    };
    return [everywhere("counting", () => count), ledger(), new AllowAll()];
  },
};

const chosen = hooks[variant];
if (chosen === undefined) {
  throw new Error(`There is no variant "${variant}": ${Object.keys(hooks).join(", ")}`);
}
const server = new Server({ sysTopicInterval: 0 });
for (const hook of chosen()) await server.addHook(hook);
await server.addListener(new TcpListener({ id: "tcp", address: `127.0.0.1:${port}` }));
await server.serve();
process.once("SIGTERM", () => void server.close().finally(() => process.exit(0)));
