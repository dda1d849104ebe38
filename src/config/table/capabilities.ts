/** What the server offers. */

import { aliasRange, type Capabilities, defaultCapabilities } from "../../core/options.ts";
import { anyText, duration, integer, named, type ValueKind, yesOrNo } from "../values.ts";
import { type ItemsOf, type Section, section, type Setting, setting } from "./item.ts";

const forever = 0xffff_ffff;
const qos = new Map<string, 0 | 1 | 2>([["0", 0], ["1", 1], ["2", 2]]);

function capability<K extends keyof Capabilities>(
  name: K,
  kind: ValueKind<Capabilities[K]>,
  text: string,
): Setting<Capabilities[K]> {
  return setting(kind, text, { default: defaultCapabilities[name] });
}

/** Aliases the server sets, for all listeners or for one. */
export const aliasesOut: ValueKind<number> = integer(aliasRange);

const items: ItemsOf<Capabilities> = {
  maximumMessageExpiryInterval: capability(
    "maximumMessageExpiryInterval",
    duration("s", [0, forever]),
    "A longer Message Expiry Interval, or none, is shortened to it; 0 leaves messages the time their publisher gave them.",
  ),
  maximumSessionExpiryInterval: capability(
    "maximumSessionExpiryInterval",
    duration("s", [0, forever]),
    "The longest life of a session after its connection; 4294967295 is for ever.",
  ),
  receiveMaximum: capability(
    "receiveMaximum",
    integer([1, 65_535]),
    "QoS 1 and 2 publishes a client may have open towards the server.",
  ),
  topicAliasMaximum: capability(
    "topicAliasMaximum",
    integer(aliasRange),
    "Topic aliases a client may set; 0: none.",
  ),
  topicAliasMaximumOut: capability(
    "topicAliasMaximumOut",
    aliasesOut,
    "Topic aliases the server sets towards a client that allows them, where its listener does not say otherwise; there are " +
      "clients that allow them and lose the topic.",
  ),
  minimumProtocolVersion: capability(
    "minimumProtocolVersion",
    integer([3, 5]),
    "The lowest protocol version accepted: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0.",
  ),
  maximumQos: capability("maximumQos", named(qos, "0, 1 or 2"), "The highest QoS."),
  retainAvailable: capability("retainAvailable", yesOrNo, "Whether there are retained messages."),
  wildcardSubAvailable: capability(
    "wildcardSubAvailable",
    yesOrNo,
    "Whether filters may have `+` and `#` in them.",
  ),
  subIdAvailable: capability("subIdAvailable", yesOrNo, "Whether there are subscription identifiers."),
  sharedSubAvailable: capability(
    "sharedSubAvailable",
    yesOrNo,
    "Whether there are shared subscriptions, `$share/GROUP/FILTER`.",
  ),
  maximumKeepAlive: capability(
    "maximumKeepAlive",
    duration("s", [0, 65_535]),
    "A client that asks for a longer Keep Alive, or for none, is given this one; 0 leaves it to the client.",
  ),
  responseInformation: capability(
    "responseInformation",
    anyText,
    "Sent as Response Information to clients that ask for it; empty: none.",
  ),
  obscureNotAuthorized: capability("obscureNotAuthorized", yesOrNo, "Says 0x80 instead of 0x87 in SUBACK."),
};

export const capabilities: Section<Capabilities> = section(
  "What the server offers; MQTT 5 clients are told in CONNACK.",
  items,
  { ownsVariables: true },
);
