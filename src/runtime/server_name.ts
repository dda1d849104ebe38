/** Names of hosts as certificates have them. */

/** `broker.example.org`, `*.example.org`, `localhost`. */
export function isServerName(text: string): boolean {
  return text.length <= 253 && /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?$/i.test(text);
}
