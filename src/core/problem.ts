/** What is wrong with a configuration: all of it at once, each with its place. */

import type { ErrorCode } from "./codes.ts";

export interface Problem {
  readonly severity: "error" | "warning";
  /** `file:line:column`, or the name of an option or variable. */
  readonly where: string;
  /** A sentence without the place. */
  readonly message: string;
}

export function formatProblem({ where, message }: Problem): string {
  return `${where}: ${message}`;
}

/** Thrown with every error that was found, not only the first. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code: ErrorCode = "config-invalid";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join("\n"));
    this.problems = problems;
  }
}

const longestQuote = 80;

/** A value as it is shown in a message: on one line, not too long, and without the password of a URL. */
export function quote(text: string): string {
  // (Also where no URL belongs: that is where somebody has put it by mistake.)
  const shown = text.replace(/:\/\/.*@/s, "://***@");
  const short = shown.length > longestQuote ? `${shown.slice(0, longestQuote)}...` : shown;
  return JSON.stringify(short);
}
