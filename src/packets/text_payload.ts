/** Payload Format Indicator 1 promises UTF-8 text. MQTT 5.0 section 3.3.2.3.2. */

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Is the payload well-formed UTF-8? Unlike in MQTT's strings, U+0000 is fine here. */
export function isText(payload: Uint8Array): boolean {
  try {
    decoder.decode(payload);
    return true;
  } catch {
    return false;
  }
}
