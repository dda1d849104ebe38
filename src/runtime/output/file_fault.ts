/** What went wrong with a file, in words; the runtimes differ in theirs. */

import { errorCode, toError } from "../tcp/guard.ts";

const texts: Readonly<Record<string, string>> = {
  EACCES: "permission denied by the operating system",
  EDQUOT: "the quota is used up",
  EEXIST: "something else has that name already",
  EFBIG: "the file is too large",
  EIO: "the device has failed",
  EISDIR: "it is a directory",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
  ENOENT: "no such file or directory",
  ENOSPC: "no space is left on the device",
  ENOTDIR: "a part of the path is not a directory",
  EPERM: "permission denied by the operating system",
  EPIPE: "nobody reads it any more",
  EROFS: "the file system can only be read",
};

/** Not a sentence: it follows a colon. */
export function describeFileFault(thrown: unknown): string {
  const text = texts[errorCode(thrown)];
  if (text !== undefined) return text;
  const line = toError(thrown).message.split("\n", 1)[0] ?? "";
  return line.charAt(0).toLowerCase() + line.slice(1);
}
