/** Which runtime this is. Everything else asks here. */

export const onDeno: boolean = typeof Deno !== "undefined";
/** Neither: on Node. */
export const onBun: boolean = "Bun" in globalThis;
