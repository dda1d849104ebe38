/** What went wrong when listening, in words; the runtimes differ in codes, names and texts. */

import { errorCode, toError } from "./guard.ts";
import type { RuntimeErrorCode } from "../runtime_error.ts";
import { SocketPathError } from "../unix_path.ts";

const texts: Readonly<Record<string, string>> = {
  EADDRINUSE: "the address is already in use",
  EADDRNOTAVAIL: "this machine does not have that address",
  EAFNOSUPPORT: "this machine does not have addresses of that kind",
  EACCES: "permission denied by the operating system",
  EPERM: "permission denied by the operating system",
  ENOENT: "no such file or directory",
  ENOTDIR: "a part of the path is not a directory",
  EISDIR: "it is a directory",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
  ENOTFOUND: "the host name cannot be resolved",
  EAI_AGAIN: "the host name cannot be resolved",
};

const codes: Readonly<Record<string, RuntimeErrorCode>> = {
  EADDRINUSE: "address-in-use",
  EADDRNOTAVAIL: "address-not-available",
  EAFNOSUPPORT: "address-not-available",
  ENOTFOUND: "address-not-available",
  EAI_AGAIN: "address-not-available",
  EACCES: "permission-denied",
  EPERM: "permission-denied",
};

/** Not a sentence: it follows a colon. */
export function describeListenFault(thrown: unknown): string {
  const error = toError(thrown);
  if (isNotCapable(error)) return notCapable(error);
  if (error instanceof SocketPathError && error.instead !== null) {
    return `${error.instead} is there, not a socket, and it stays`;
  }
  const text = texts[systemCode(error)];
  if (text !== undefined) return text;
  const line = error.message.split("\n", 1)[0] ?? "";
  return line.charAt(0).toLowerCase() + line.slice(1);
}

/** What kind of fault that is, if it is one that more can be said of than that it is one. */
export function listenFaultCode(thrown: unknown): RuntimeErrorCode | null {
  const error = toError(thrown);
  return isNotCapable(error) ? "permission-denied" : codes[systemCode(error)] ?? null;
}

/** As POSIX calls it, whatever the runtime says. */
function systemCode(error: Error): string {
  // Deno's `node:net` calls a foreign address an invalid argument.
  if (/^listen EINVAL/.test(error.message)) return "EADDRNOTAVAIL";
  const code = errorCode(error);
  // Neither runtime gives a code when a name cannot be resolved.
  const unresolved = /^failed to lookup address|^Failed to listen at/.test(error.message);
  return texts[code] === undefined && unresolved ? "ENOTFOUND" : code;
}

/** IPv6 is switched off on this machine, or not permitted. */
export function noSuchAddressFamily(thrown: unknown): boolean {
  return ["EAFNOSUPPORT", "EADDRNOTAVAIL"].includes(errorCode(thrown)) || isNotCapable(toError(thrown));
}

function isNotCapable(error: Error): boolean {
  return error.name === "NotCapable";
}

/** `Requires net access to "0.0.0.0:1883", run again with the --allow-net flag` and the like. */
function notCapable(error: Error): string {
  const needed = /^Requires (.*?)(?:, |$)/.exec(error.message)?.[1] ?? "a permission";
  return `Deno was started without ${needed}`;
}
