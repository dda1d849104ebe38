/** The body of a request, with its bounds. */

import { CodedRangeError, CodedTypeError } from "../core/errors.ts";
import { described } from "../core/misuse.ts";

const MOST_BYTES = 1 << 20;

/** Rejects with an Error that has a code when it is too long, or no JSON. */
export async function jsonBody(request: Request, most: number = MOST_BYTES): Promise<unknown> {
  const text = new TextDecoder().decode(await bytesOf(request, most));
  try {
    return JSON.parse(text);
  } catch {
    // (What the runtimes say of it may show parts of it.)
    throw new CodedTypeError("body-invalid", "Cannot use the body of the request: it is no JSON");
  }
}

/** Throws a TypeError. */
export function jsonObject(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) {
    return body as Record<string, unknown>;
  }
  throw new CodedTypeError(
    "body-invalid",
    `Cannot use ${described(body)} as the body of the request: expected an object`,
  );
}

async function bytesOf({ body }: Request, most: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > most) {
      await reader.cancel().catch(() => {});
      throw new CodedRangeError(
        "body-too-large",
        `The body of the request is longer than ${most} bytes`,
      );
    }
    parts.push(part.value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
