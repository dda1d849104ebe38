/** What nobody caught: it must not take the process along, and with it every client. */

import { process } from "./builtin.ts";
import { onDeno } from "./platform.ts";
import { toError } from "./tcp/guard.ts";

/** Calls `report` instead of letting the process end, until the function returned is called. */
export function onFaults(report: (error: Error) => void): () => void {
  const handler = (thrown: unknown): void => report(toError(thrown));
  return onDeno ? onDenosFaults(handler) : onNodesFaults(handler);
}

function onNodesFaults(handler: (thrown: unknown) => void): () => void {
  const events = process();
  events.on("uncaughtException", handler);
  events.on("unhandledRejection", handler);
  return () => {
    events.off("uncaughtException", handler);
    events.off("unhandledRejection", handler);
  };
}

/** As its `node:process` does, which costs memory. */
function onDenosFaults(handler: (thrown: unknown) => void): () => void {
  const onError = (event: ErrorEvent): void => {
    event.preventDefault();
    handler(event.error);
  };
  const onRejection = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    handler(event.reason);
  };
  addEventListener("error", onError);
  addEventListener("unhandledrejection", onRejection);
  return () => {
    removeEventListener("error", onError);
    removeEventListener("unhandledrejection", onRejection);
  };
}
