/** Which runtime this is. Everything else asks here. */

export const onDeno: boolean = typeof Deno !== "undefined";
