/** Client ids in topics. */

/** What no level of a topic may hold, or makes two of it, is written by its hexadecimal code after a `%`. */
export function levelOf(clientId: string): string {
  let level = "";
  for (const character of clientId) {
    const code = character.charCodeAt(0);
    const odd = code < 0x20 || code === 0x7f || "%/+#".includes(character);
    level += odd ? `%${code.toString(16).toUpperCase().padStart(2, "0")}` : character;
  }
  return level;
}
