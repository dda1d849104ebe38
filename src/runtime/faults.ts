/** What nobody caught: it must not take the process along, and with it every client. */

import process from "node:process";
import { toError } from "./tcp/guard.ts";

/** Calls `report` instead of letting the process end, until the function returned is called. */
export function onFaults(report: (error: Error) => void): () => void {
  const handler = (thrown: unknown): void => report(toError(thrown));
  process.on("uncaughtException", handler);
  process.on("unhandledRejection", handler);
  return () => {
    process.off("uncaughtException", handler);
    process.off("unhandledRejection", handler);
  };
}
