/** The version of this release; a test holds it against deno.json and package.json. */
export const VERSION = "0.1.0";
