/** What somebody types, or another program hands over, on standard input. */

import { Buffer } from "node:buffer";
import process from "node:process";
import { writeErrorOutput } from "./process.ts";
import { onSignals, type Signal } from "./signals.ts";

/** Somebody sits at it. */
export function inputIsTerminal(): boolean {
  return process.stdin.isTTY === true;
}

/** Standard input as it comes. */
export function inputChunks(): AsyncIterable<Uint8Array> {
  return process.stdin as AsyncIterable<Uint8Array>;
}

/** All of standard input; null: there is more of it than that many bytes. */
export async function readInput(most: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of inputChunks()) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > most) return null;
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** Whoever was asked does not want to go on. */
export interface Cancelled {
  /** What the process ends with then. */
  readonly exitCode: number;
}

const ENDINGS: readonly Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];
const codes: Readonly<Partial<Record<Signal, number>>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** What keys send. */
const KEY = { interrupt: 3, end: 4, backspace: 8, enter: 10, return: 13, clear: 21, delete: 127 } as const;

/**
 * Asks one question after the other at the terminal, and does not show what is typed. The answers are bytes as they were
 * typed, at most `most` of each: what comes then is not taken. It is cancelled with Ctrl-C, or with Ctrl-D before anything
 * was typed; the terminal is as it was before in any case, also when a signal ends the process.
 */
export async function askHidden(
  questions: readonly string[],
  most: number,
): Promise<Uint8Array[] | Cancelled> {
  const { stdin } = process;
  const answers: Uint8Array[] = [];
  let typed: number[] = [];
  // What was typed in one go may be the answer to more than one question.
  return await new Promise<Uint8Array[] | Cancelled>((resolve) => {
    const end = (): void => {
      stdin.off("data", take);
      stdin.off("end", hungUp);
      stdin.pause();
      stdin.setRawMode(false);
      noSignals();
      writeErrorOutput("\n");
    };
    const cancel = (exitCode: number): void => {
      end();
      resolve({ exitCode });
    };
    const take = (chunk: Uint8Array): void => {
      for (const byte of chunk) {
        if (byte === KEY.interrupt) return cancel(130);
        if (byte === KEY.end && typed.length === 0) return cancel(1);
        if (byte === KEY.enter || byte === KEY.return) {
          answers.push(Uint8Array.from(typed));
          typed = [];
          if (answers.length === questions.length) {
            end();
            return resolve(answers);
          }
          writeErrorOutput(`\n${questions[answers.length]}`);
        } else if (byte === KEY.backspace || byte === KEY.delete) dropLast(typed);
        else if (byte === KEY.clear) typed = [];
        else if (typed.length < most) typed.push(byte);
      }
    };
    const hungUp = (): void => cancel(1);
    const noSignals = onSignals(ENDINGS, (signal) => cancel(codes[signal]!));
    stdin.setRawMode(true);
    stdin.on("data", take);
    stdin.on("end", hungUp);
    writeErrorOutput(questions[0]!);
    stdin.resume();
  });
}

/** The last character, which may be several bytes in UTF-8. */
function dropLast(typed: number[]): void {
  while (typed.length > 0 && (typed.pop()! & 0xc0) === 0x80);
}
