/** Configuration files of this program with nothing in them but plain YAML, of which nothing is to be said. */

import { type FileLayer, layerFrom, together } from "./file_layer.ts";
import type { Outside } from "./outside.ts";
import { Found } from "./table/found.ts";
import { NotPlain } from "./yaml/plain_nodes.ts";
import { PlainReader } from "./yaml/plain_reader.ts";

/**
 * As `fileLayer` reads them; null when it has to, because there is more than plain YAML in one, something is wrong, or it is
 * of comqtt 2: that is for who knows all of YAML, and other programs' files.
 */
export function plainFileLayer(
  files: readonly { readonly file: string; readonly text: string }[],
  outside: Outside,
): FileLayer | null {
  try {
    const read = together(files.map((file) => layerFrom(new PlainReader(file, outside), new Found())));
    return read.problems.length === 0 ? read : null;
  } catch (error) {
    if (error instanceof NotPlain) return null;
    throw error;
  }
}
