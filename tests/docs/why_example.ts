/** The hook of docs/why.md. */

import type { Hook } from "../../mod.ts";

const rules = [
  { where: "plants.csv:7", prefix: "greenhouse/", allow: true },
  { where: "plants.csv:8", prefix: "", allow: false },
];
const find = (topic: string) => rules.findIndex(({ prefix }) => topic.startsWith(prefix));

export const plants: Hook = {
  id: "plants",
  onAclCheck: (_client, _action, topic) => rules[find(topic)]!.allow ? "allow" : "deny",
  onExplain(_client, action, topic) {
    if (action === "connect") return;
    const at = find(topic);
    const shown = rules.map(({ where, prefix, allow }) => ({
      where,
      text: `${allow ? "allow" : "deny"} ${prefix}#`,
    }));
    return { answer: rules[at]!.allow ? "allow" : "deny", rule: shown[at]!, neighbours: shown };
  },
};
