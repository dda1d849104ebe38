/**
 * A key for maps of texts that strangers choose. V8 hashes a text of digits by its number alone, so that whoever chooses
 * ids a power of two apart puts all of them into one bucket; with a U+0000 before it, which no text of MQTT has,
 * it is hashed like any other.
 */
export function textKey(text: string): string {
  const first = text.charCodeAt(0);
  return first >= 48 && first <= 57 ? `\0${text}` : text;
}
