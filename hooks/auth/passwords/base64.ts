/** Base64 as password hashes have it. */

/** Without padding, as PHC wants it. */
export function encodeBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/=+$/, "");
}

/** With or without padding; some write `.` for `+`. Null when it is none, or empty. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9+/.]{1,512}={0,2}$/.test(text)) return null;
  try {
    const characters = atob(text.replace(/=+$/, "").replaceAll(".", "+"));
    // (By hand: `Uint8Array.from` takes many times as long, and there are files with 100,000 users.)
    const bytes = new Uint8Array(characters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
    return bytes;
  } catch {
    return null;
  }
}
