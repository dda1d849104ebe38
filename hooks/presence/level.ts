/** Client ids in topics. */

/** What no level of a topic may hold, or makes two of it, is written by its hexadecimal code after a `%`. */
export function levelOf(clientId: string): string {
  // deno-lint-ignore no-control-regex -- these are what it is about
  return clientId.replace(
    /[\u0000-\u001f%/+#\u007f]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
