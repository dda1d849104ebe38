/** A broker with access control, for the benchmark: `broker.ts VARIANT PORT`. */

import process from "node:process";
import { Ledger } from "../../../hooks/auth/ledger.ts";
import { AllowAll, type Hook, type HookHost, Reasons, Server, TcpListener } from "../../../mod.ts";

const [variant = "bare", port = "0"] = process.argv.slice(2);

/** Rules of a client: of these only the last is about what the load does. */
const RULES = 20;

function rules(): Ledger {
  const others = Array.from({ length: RULES - 1 }, (_, i) => [`site/${i}/+/state`, "readwrite"] as const);
  return new Ledger({
    auth: [{ allow: true }],
    acl: [{ filters: { ...Object.fromEntries(others), "#": "readwrite" } }],
  });
}

/** A publish to `revoke` ends the client that its payload names, and everybody's rights are asked for again. */
function revoking(): Hook {
  let host: HookHost | null = null;
  return {
    id: "revoking",
    init(given): void {
      host = given;
    },
    onSubscribe(client, packet): void {
      const [first] = packet.subscriptions;
      if (first === undefined || !first.filter.startsWith("revoke/")) return;
      const name = first.filter.slice(7);
      host?.disconnect((one) => one.id === name && one !== client, Reasons.notAuthorized);
      host?.accessChanged();
    },
  };
}

const hooks: Record<string, () => Hook[]> = {
  bare: () => [new AllowAll()],
  rules: () => [rules()],
  revoking: () => [revoking(), rules()],
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
