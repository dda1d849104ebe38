/** What the processes say to each other: JSON, one line each. */

import process from "node:process";
import type { NeighbourFigures } from "./figures.ts";
import type { Phase } from "./neighbour/ledger.ts";

export type Order = { readonly phase: Phase } | { readonly run: true } | { readonly end: true };

export type Said =
  | { readonly ready: true }
  | { readonly done: true; readonly failed?: string }
  | { readonly note: string }
  | { readonly fact: readonly [name: string, value: number] }
  | { readonly figures: NeighbourFigures };

/** To the process that started this one. */
export function say(what: Said): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** Calls for each order that comes; this process ends with who gives them. */
export function orders(take: (order: Order) => void): void {
  process.stdin.on("data", lines((line) => take(JSON.parse(line) as Order)));
  process.stdin.on("end", () => process.exit(1));
}

/** Cuts what comes into lines. */
export function lines(take: (line: string) => void): (bytes: Uint8Array) => void {
  const decoder = new TextDecoder();
  let rest = "";
  return (bytes) => {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = parts.pop()!;
    for (const line of parts) take(line);
  };
}
