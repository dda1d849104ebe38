/** Base64 as password hashes have it. */

/** Without padding, as PHC wants it. */
export function encodeBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/=+$/, "");
}

/** With or without padding; some write `.` for `+`. Null when it is none, or empty. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9+/.]{1,512}={0,2}$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text.replace(/=+$/, "").replaceAll(".", "+")), (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}
