/** What a ban means for somebody who wants to connect. */

import { quoted } from "../../../src/core/quoted.ts";
import type { Explained } from "../../../src/hook/hook.ts";
import { Reasons } from "../../../src/packets/reason.ts";
import { type Ban, banText } from "./ban.ts";

const LONGEST_REASON = 500;

/** Null: none concerns the client. */
export function explainBan(ban: Ban | null): Explained {
  if (ban === null) return { detail: "it is not banned" };
  const { kind, origin, reason, until } = ban;
  const parts = [until === null ? "until it is removed" : `until ${new Date(until).toISOString()}`];
  if (reason !== "") parts.push(quoted(reason, LONGEST_REASON));
  if (origin === "abuse") parts.push("set because of abuse");
  if (kind === "address" || kind === "network") parts.push("nothing of it is heard, not even this");
  return {
    answer: "deny",
    reason: Reasons.banned,
    rule: { where: `ban of ${banText(ban)}`, text: parts.join(", ") },
  };
}
