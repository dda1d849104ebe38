/** What is published, in a folder that has nothing to do with the repository, in the hands of programs there. */

import assert from "node:assert/strict";
import { cpSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, test } from "node:test";
import type { Ran } from "../harness/run.ts";
import { denoManifest, entries, nodeManifest } from "./manifests.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { bun, deno, modulesFolder, node, packages, publishedFiles, root, run, type Tool } from "./tools.ts";

/** Of all packages that were ever used by it, only those it says it needs. */
const dependencies = Object.keys(nodeManifest.dependencies);
/** What such a program prints. */
const heard = `${JSON.stringify({ heard: ["network hello", "memory hello"], entries: entries.length })}\n`;

let folder: string;
before(async () => {
  folder = realpathSync(temporaryFolder());
  if ("skip" in deno.needed) return;
  const published = join(folder, "published");
  for (const name of await publishedFiles(root)) cpSync(join(root, name), join(published, name));
  for (const name of ["deno", "npm"]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "app.ts"), program());
  }
  writeFileSync(
    join(folder, "deno", "deno.json"),
    JSON.stringify({
      imports: { [denoManifest.name]: `jsr:${denoManifest.name}@^${denoManifest.version}` },
      links: [published],
    }),
  );
  const modules = join(folder, "npm", "node_modules");
  const layout = join(root, "tests/package/npm_layout.ts");
  const made = await run(
    deno.command,
    ["run", "-A", layout, published, join(modules, denoManifest.name)],
    root,
  );
  assert.equal(made.code, 0, made.errors);
  if (!("skip" in packages) || !("skip" in bun.needed)) {
    const from = await modulesFolder(join(folder, "installed"));
    for (const name of dependencies) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(from, name), join(modules, name));
    }
  }
  writeFileSync(join(folder, "npm", "package.json"), JSON.stringify({ type: "module" }));
});

/** Imports every entry, starts a broker, sends a message through a socket and one through memory, closes. */
function program(): string {
  const imports = entries.map((entry, index) => `import * as entry${index} from "${entry}";`).join("\n");
  return `
import { connect } from "node:net";
import { AllowAll, MemoryListener, Server, TcpListener } from "${denoManifest.name}";
${imports}

const server: Server = new Server();
const tcp = new TcpListener({ id: "tcp", address: "127.0.0.1:0" });
const memory = new MemoryListener();
await server.addHook(new AllowAll());
await server.addListener(tcp);
await server.addListener(memory);
await server.serve();

const heard: string[] = [];
const messages = new Set<() => void>();
server.subscribe("#", ({ topic, payload }) => {
  heard.push(topic + " " + new TextDecoder().decode(payload));
  for (const wake of messages) wake();
});
const message = (count: number) =>
  new Promise<void>((resolve) => messages.add(() => heard.length >= count && resolve()));

// CONNECT of MQTT 3.1.1 with the client id "client", then PUBLISH of "hello".
const text = (value: string) => [value.length >> 8, value.length & 255, ...new TextEncoder().encode(value)];
const hello = (topic: string) => {
  const connect = [...text("MQTT"), 4, 2, 0, 0, ...text("client")];
  const publish = [...text(topic), ...new TextEncoder().encode("hello")];
  return new Uint8Array([0x10, connect.length, ...connect, 0x30, publish.length, ...publish]);
};

const first = message(1);
const socket = connect(Number(tcp.address.split(":").at(-1)), "127.0.0.1");
socket.resume(); // Otherwise it would not see that the broker ends it.
socket.write(hello("network"));
await first;
const second = message(2);
memory.connect().send(hello("memory"));
await second;

const entries = [${entries.map((_, index) => `entry${index}`).join(", ")}];
const used = entries.filter((entry) => Object.keys(entry).length > 0);
console.log(JSON.stringify({ heard, entries: used.length }));
await server.close();
// Nothing is left to do: it ends by itself.
`;
}

async function ends(tool: Tool, args: readonly string[], place: string): Promise<Ran> {
  const ran = await run(tool.command, args, join(folder, place));
  assert.deepEqual({ code: ran.code, output: ran.output }, { code: 0, output: heard }, ran.errors);
  return ran;
}

test("package: a Deno program imports it, with types", deno.needed, async () => {
  await ends(deno, ["run", "-A", "--check", "--quiet", "app.ts"], "deno");
});

test("package: a Deno program needs no permission but that of its listener", deno.needed, async () => {
  const { errors } = await ends(
    deno,
    ["run", "--allow-net=127.0.0.1", "--no-prompt", "--quiet", "app.ts"],
    "deno",
  );
  assert.equal(errors, "");
});

test(
  "package: a Bun program imports it as JSR gives it to npm",
  { ...bun.needed, ...deno.needed },
  async () => {
    const { errors } = await ends(bun, ["app.ts"], "npm");
    assert.equal(errors, "");
  },
);

// (Without Bun nobody has installed what it needs.)
const installed = "skip" in bun.needed ? packages : {};
test("package: so does a program of Node 24", { ...installed, ...node.needed, ...deno.needed }, async () => {
  const { errors } = await ends(node, ["app.ts"], "npm");
  assert.equal(errors, "");
});

test("package: Node 24 runs the program from its sources", node.needed, async () => {
  const { code, output, errors } = await run(node.command, ["main.ts", "--version"], root);
  assert.deepEqual({ code, errors }, { code: 0, errors: "" });
  assert.ok(output.includes("(node 2"), output);
});
