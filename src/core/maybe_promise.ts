/** Answers that are there at once, or come later. */

/** An answer now or later. */
export type MaybePromise<T> = T | Promise<T>;

export function isPromise<T>(answer: MaybePromise<T>): answer is Promise<T> {
  return typeof answer === "object" && answer !== null &&
    typeof (answer as Partial<Promise<T>>).then === "function";
}
