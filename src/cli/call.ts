/** How the program was called: its options and, for a command, what belongs to it. */

import type { Configuration } from "../config/configuration.ts";
import type { Parts } from "./parts.ts";

/** By the option's name, in the order given; a switch has one empty text. */
export type Given = ReadonlyMap<string, readonly string[]>;

/** How a command was called. */
export interface Call {
  readonly operands: readonly string[];
  readonly given: Given;
  readonly configuration: Configuration;
  readonly parts: Parts;
}

/** How a command was called that looks at the configuration itself, whether something is wrong with it or not. */
export interface EarlyCall {
  readonly operands: readonly string[];
  readonly given: Given;
}

/** What a command says in the end. */
export interface Answer {
  readonly text: string;
  /** Of the process. */
  readonly code: number;
}
