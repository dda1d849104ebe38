/** Runs the load generator once and reads its report. */
import { run } from "./process.ts";

/** Options of the load generator, without the dashes. */
export type LoadArgs = Readonly<Record<string, string | number>>;

/** What a run measured. Only a good run has one: a failed one is a `LoadFailure`. */
export class LoadReport {
  readonly values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values;
  }

  /** The value at a path such as `latency_us.p99`. */
  value(path: string): unknown {
    let at: unknown = this.values;
    for (const key of path.split(".")) at = (at as Record<string, unknown> | undefined)?.[key];
    return at;
  }

  /** The number at a path; a missing one is an error, never a zero. */
  number(path: string): number {
    const value = this.value(path);
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw new LoadFailure(`The load generator reported no ${path}`);
    }
    return value;
  }
}

/** A run whose numbers must not be used. */
export class LoadFailure extends Error {}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Runs it; throws a `LoadFailure` unless every message was delivered in order and the program says so twice. */
export async function runLoad(program: string, args: LoadArgs, more: readonly string[]): Promise<LoadReport> {
  const limit = Number(args["limit"] ?? 120);
  const list = Object.entries({ ...args, limit }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { code, stdout, stderr, late } = await run(program, [...list, ...more], limit + 30);
  if (late) throw new LoadFailure("The load generator did not end");
  const values = parse(stdout);
  if (code === 0 && values?.["ok"] === true) return new LoadReport(values);
  const reason = values?.["failure"];
  throw new LoadFailure(
    typeof reason === "string" ? reason : stderr.trim() || `The load generator ended with ${code}`,
  );
}
