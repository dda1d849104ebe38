/** `limits.memory`: bytes, or a share of what the machine or the container has. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { memorySize } from "../../src/config/memory_size.ts";
import { fileLayer } from "../../src/config/file.ts";
import { resolveOptions } from "../../src/core/options.ts";
import { groupLimit, machineMemory } from "../../src/runtime/machine_memory.ts";

const GIB = 1 << 30;

test("memory size: bytes, a share, or none", () => {
  const machine = machineMemory()!;
  assert.ok(machine > 128 << 20);
  for (
    const [text, bytes] of [
      ["0", 0],
      ["1GiB", GIB],
      ["128 MiB", 128 << 20],
      ["100%", machine],
      ["75%", Math.floor(machine * 0.75)],
      ["62.5 %", Math.floor(machine * 0.625)],
      ["101%", undefined],
      ["-1%", undefined],
      ["0.01%", undefined],
      ["64MiB", undefined],
      ["1", undefined],
      ["half", undefined],
      ["", undefined],
      ["75 percent", undefined],
    ] as const
  ) assert.equal(memorySize.parse(text), bytes, text);
});

test("memory size: in a file, and what is none is refused with what is accepted", () => {
  const { layer, problems } = fileLayer({ file: "c.yml", text: "limits: { memory: 2GiB, loopDelay: 250 }" });
  assert.deepEqual(problems, []);
  assert.deepEqual(layer.found.values.limits, { memory: 2 * GIB, loopDelay: 250 });
  const [problem] = fileLayer({ file: "c.yml", text: "limits: { memory: 10MiB }" }).problems;
  assert.match(
    problem!.message,
    /^Cannot use "10MiB" for "limits.memory", expected 0 for no limit, a size of 128MiB/,
  );
});

test("memory size: a program is told as well that a limit is too low to live with", () => {
  assert.throws(
    () => resolveOptions({ limits: { memory: 1000 } }),
    /limits\.memory 1000: expected 0 for none, or at/,
  );
  assert.equal(resolveOptions({ limits: { memory: 128 << 20 } }).limits.memory, 128 << 20);
});

/** Files of a machine. */
function files(texts: Readonly<Record<string, string>>): (path: string) => string | null {
  return (path) => Object.hasOwn(texts, path) ? texts[path]! : null;
}

for (
  const [what, texts, limit] of [
    ["no groups", {}, null],
    ["a container", { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "536870912\n" }, GIB / 2],
    ["no limit", { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "max\n" }, null],
    ["a service of systemd", {
      "/proc/self/cgroup": "0::/system.slice/comqtt.service\n",
      "/sys/fs/cgroup/system.slice/comqtt.service/memory.max": "max\n",
      "/sys/fs/cgroup/system.slice/memory.max": "2147483648\n",
    }, 2 * GIB],
    ["the least of those around it", {
      "/proc/self/cgroup": "0::/a/b\n",
      "/sys/fs/cgroup/a/b/memory.max": "3221225472\n",
      "/sys/fs/cgroup/a/memory.max": "1073741824\n",
    }, GIB],
    ["groups of the first kind", {
      "/proc/self/cgroup": "9:name=systemd:/x\n4:cpu,memory:/docker/1\n0::/\n",
      "/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": "1073741824\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    }, GIB],
    ["a container with groups of the first kind", {
      "/proc/self/cgroup": "4:memory:/docker/1\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
    }, GIB],
  ] as const
) {
  test(`memory size: what a control group leaves, ${what}`, () => {
    const found = groupLimit(files(texts));
    // (No limit is a very large one in the first kind.)
    assert.equal(found, limit);
  });
}
