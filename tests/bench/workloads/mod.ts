/** All workloads, in the order they are run and shown. */
import type { Workload } from "../workload.ts";
import { DISTURBED } from "./disturbed.ts";
import { FLAT_OUT } from "./flat_out.ts";
import { PACED } from "./paced.ts";
import { SCALE } from "./scale.ts";
import { TRANSPORTS } from "./transports.ts";

export const WORKLOADS: readonly Workload[] = [...FLAT_OUT, ...TRANSPORTS, ...PACED, ...SCALE, ...DISTURBED];
