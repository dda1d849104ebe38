/** Words that several steps use. */

import { quoted } from "../../core/quoted.ts";

const SHOWN = 100;

export function shown(text: string): string {
  return quoted(text, SHOWN);
}

/** `1,000`. */
export function number(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

export function versionText(version: number): string {
  return version === 5 ? "MQTT 5" : version === 4 ? "MQTT 3.1.1" : "MQTT 3.1";
}
