/** Child processes that never outlive this one. */
import { type ChildProcess, spawn } from "node:child_process";

const children: Set<ChildProcess> = new Set();

/** Kills whatever still runs; for the way out. */
export function killAll(): void {
  for (const child of children) child.kill("SIGKILL");
}

/** Starts a program; it is killed when this process leaves through `killAll`. */
export function start(
  file: string,
  args: readonly string[],
  options: { cwd?: string; stdio: ("ignore" | "pipe" | number)[] },
): ChildProcess {
  const child = spawn(file, [...args], options);
  children.add(child);
  child.once("exit", () => children.delete(child));
  child.once("error", () => children.delete(child));
  return child;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It was killed because it took too long. */
  readonly late: boolean;
}

/** Runs a program to its end, or kills it after `limit` seconds. Rejects when it cannot be started. */
export function run(file: string, args: readonly string[], limit: number): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = start(file, args, { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    let late = false;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => stdout += text);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => stderr += text);
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, limit * 1000);
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr, late });
    });
  });
}

/** The first line of what a program prints, or `undefined` when it is not there. */
export async function firstLine(file: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(file, args, 20);
    return (stdout + stderr).split("\n").find((line) => line.trim() !== "");
  } catch {
    return undefined;
  }
}
