/** Strings on the wire, MQTT 5.0 section 1.5.4. */

/** The bytes a string may take behind its two length bytes. */
export const MAX_STRING_BYTES = 65_535;

// `ignoreBOM` keeps U+FEFF [MQTT-1.5.4-3]. Not `fatal`: the bytes are valid by then, and exceptions are slow.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Up to this many bytes JavaScript beats the call into the runtime's decoder. */
const SHORT = 16;

/** The string in `[start, end)`, or null where the standard calls it ill-formed. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | null {
  let pos = start;
  while (pos < end && bytes[pos] < 0x80 && bytes[pos] !== 0) pos++;
  if (pos < end) {
    if (!isWellFormed(bytes, pos, end)) return null;
  } else if (end - start <= SHORT) {
    return ascii(bytes, start, end);
  }
  return decoder.decode(bytes.subarray(start, end));
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  const make = String.fromCharCode;
  let text = "";
  let i = start;
  for (; end - i >= 4; i += 4) text += make(bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]);
  for (; i < end; i++) text += make(bytes[i]);
  return text;
}

/**
 * Whether the bytes are UTF-8 by Unicode's table 3-7: no surrogates [MQTT-1.5.4-1], nothing overlong or above
 * U+10FFFF, and no U+0000 [MQTT-1.5.4-2]. Control characters and non-characters are only discouraged: they pass.
 */
function isWellFormed(bytes: Uint8Array, start: number, end: number): boolean {
  let pos = start;
  while (pos < end) {
    const first = bytes[pos++];
    if (first < 0x80) {
      if (first === 0) return false;
      continue;
    }
    // The second byte has the narrower range: it is where overlong forms and surrogates show.
    const more = first < 0xC2 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : first < 0xF5 ? 3 : 0;
    if (more === 0 || end - pos < more) return false;
    const low = first === 0xE0 ? 0xA0 : first === 0xF0 ? 0x90 : 0x80;
    const high = first === 0xED ? 0x9F : first === 0xF4 ? 0x8F : 0xBF;
    if (bytes[pos] < low || bytes[pos] > high) return false;
    for (let i = pos + 1; i < pos + more; i++) if ((bytes[i] & 0xC0) !== 0x80) return false;
    pos += more;
  }
  return true;
}

/** The bytes a string takes in UTF-8; a lone surrogate counts as U+FFFD, which is what an encoder makes of it. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else if (isPair(text, i)) (length += 2, i++);
    else length += 2;
  }
  return length;
}

/** Whether a packet can carry this string: no lone surrogate, no U+0000, at most 65,535 bytes. */
export function isValidString(text: string): boolean {
  if (text.length > MAX_STRING_BYTES) return false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0) return false;
    if (unit < 0xD800 || unit > 0xDFFF) continue;
    if (!isPair(text, i)) return false;
    i++;
  }
  // A UTF-16 unit never takes more than three bytes.
  return text.length * 3 <= MAX_STRING_BYTES || utf8Length(text) <= MAX_STRING_BYTES;
}

function isPair(text: string, i: number): boolean {
  return (text.charCodeAt(i) & 0xFC00) === 0xD800 && (text.charCodeAt(i + 1) & 0xFC00) === 0xDC00;
}
