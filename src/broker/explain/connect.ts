/** What would become of a CONNECT, as far as that can be said without the password. */

import { type Reason, Reasons } from "../../packets/reason.ts";
import { NO_PROPERTIES } from "../../packets/properties.ts";
import { type Packet, PacketType } from "../../packets/types.ts";
import { utf8Length } from "../../packets/wire.ts";
import type { Client } from "../../hook/client.ts";
import type { Parts } from "../parts.ts";
import { announce, grantedTo } from "../receive/welcome.ts";
import { detailOf, notAsked, notAskedOne, rulesOf, ruleText } from "./access.ts";
import type { Question } from "./question.ts";
import type { Trail } from "./trail.ts";
import { number, versionText } from "./words.ts";

/** What is known of the broker here. */
export interface ConnectParts extends Parts {
  readonly blocked: ReadonlySet<string>;
}

export function explainConnect(parts: ConnectParts, trail: Trail, question: Question): void {
  const { client } = question;
  lookAtLimits(parts, trail, question);
  if (trail.denial === null) notAsked(parts, trail, ["onPacketRead"], "it may refuse or change the packet");
  if (trail.denial === null) askBefore(parts, trail, client);
  if (trail.denial === null) askAuthentication(parts, trail, client);
  if (trail.denial === null) lookAtBans(parts, trail, question);
  if (trail.denial === null) {
    notAsked(parts, trail, ["onSessionEstablish"], "it may refuse");
    lookAtSession(parts, trail, question);
  }
}

function lookAtLimits(parts: ConnectParts, trail: Trail, { client, version, state }: Question): void {
  const { capabilities, lateness, limits, overload, stats } = parts;
  const deny = (text: string, reason: Reason): void =>
    trail.deny("limits", { reason, how: "answered", text });
  const length = utf8Length(client.id);
  const most = `${number(stats.connections)} of ${number(limits.connections)}`;
  if (version < capabilities.minimumProtocolVersion) {
    const least = versionText(capabilities.minimumProtocolVersion);
    deny(
      `${versionText(version)}, capabilities.minimumProtocolVersion is ${least}`,
      Reasons.unsupportedProtocolVersion,
    );
  } else if (client.id === "" && version === 3) {
    deny("MQTT 3.1 has no empty client id", Reasons.clientIdentifierNotValid);
  } else if (length > limits.clientIdLength) {
    const text = `the client id has ${number(length)} bytes, limits.clientIdLength is ${
      number(limits.clientIdLength)
    }`;
    deny(text, Reasons.clientIdentifierNotValid);
  } else if (state !== "connected" && overload.high) {
    deny("memory is short (limits.memory)", Reasons.quotaExceeded);
  } else if (state !== "connected" && limits.loopDelay > 0 && lateness.delay > limits.loopDelay) {
    deny("the event loop is late (limits.loopDelay)", Reasons.serverBusy);
  } else if (state !== "connected" && stats.connections >= limits.connections) {
    deny(`there are ${most} connections (limits.connections)`, Reasons.serverBusy);
  } else {trail.add(
      "limits",
      "pass",
      `${most} connections, client id ${number(length)} of ${limits.clientIdLength} bytes`,
    );}
}

/** Those with `onConnect` may have something against the client; without a word of their own they are not asked. */
export function askBefore({ hooks }: Parts, trail: Trail, client: Client): void {
  const method = "onConnect";
  for (const hook of hooks.on[method]) {
    const said = hooks.explained(hook, client, "connect", "");
    const more = { hook: hook.id, method, ...rulesOf(said) };
    if (said?.answer === "deny") {
      const text = said.rule === undefined ? `refused${detailOf(said)}` : ruleText(said);
      const reason = said.reason ?? Reasons.notAuthorized;
      trail.deny("hook", { reason, how: "answered", text, hook: hook.id, rule: said.rule }, more);
      return;
    }
    if (said !== null) trail.add("hook", "none", `nothing against it${detailOf(said)}`, more);
    else notAskedOne(trail, hook, method, "it may refuse or change the client");
  }
}

/** The first that would let it in, or refuse it. */
function askAuthentication({ hooks }: Parts, trail: Trail, client: Client): void {
  const method = "onConnectAuthenticate";
  for (const hook of hooks.on[method]) {
    const said = hooks.explained(hook, client, "connect", "");
    const more = { hook: hook.id, method, ...rulesOf(said) };
    const text = said?.rule === undefined ? null : ruleText(said);
    switch (said?.answer) {
      case "allow":
        trail.add("hook", "allow", text ?? `it lets the client in${detailOf(said)}`, more);
        trail.allowedBy = { hook: hook.id, rule: said.rule };
        return;
      case "deny": {
        const reason = said.reason ?? Reasons.badUserNameOrPassword;
        const why = text ?? `it refuses the client${detailOf(said)}`;
        trail.deny("hook", { reason, how: "answered", text: why, hook: hook.id, rule: said.rule }, more);
        return;
      }
      case "credentials":
        trail.add(
          "hook",
          "unknown",
          `${text ?? ""}${text === null ? "that" : ": that"} depends on the password`,
          more,
        );
        trail.doubt ??= `hook "${hook.id}" decides by the password`;
        trail.allowedBy = { hook: hook.id, rule: said.rule };
        return;
    }
    if (said !== null) {
      trail.add("hook", "none", `no opinion${detailOf(said)}`, more);
      continue;
    }
    trail.add("hook", "unknown", "it is only asked with a password, and does not say more", more);
    trail.doubt ??= `hook "${hook.id}" decides when the client comes`;
    return;
  }
  const text = hooks.on[method].length === 0
    ? `no hook answers ${method}, so nobody may`
    : "no hook lets it in";
  trail.deny("hook", { reason: Reasons.badUserNameOrPassword, how: "answered", text }, { method });
}

/** Client ids of `Server.blocked`. */
export function lookAtBans({ blocked }: ConnectParts, trail: Trail, { client, state }: Question): void {
  if (!blocked.has(client.id)) {
    trail.add("bans", "pass", "the client id is not blocked");
  } else if (state === "connected") {
    trail.add("bans", "pass", "the client id is blocked, which counts from its next CONNECT on");
  } else {
    const text = "the client id is blocked";
    trail.deny("bans", { reason: Reasons.banned, how: "answered", text });
  }
}

function lookAtSession(parts: Parts, trail: Trail, { client, session }: Question): void {
  const { limits, persistence, sessions } = parts;
  const most = `${number(sessions.size)} of ${number(limits.sessions)} sessions`;
  if (session === null && sessions.size >= limits.sessions) {
    const text = `there are ${most} (limits.sessions)`;
    return trail.deny("limits", { reason: Reasons.quotaExceeded, how: "answered", text });
  }
  const kept = client.sessionExpiryInterval > 0 || session?.kept === true;
  if (persistence?.failing === true && kept) {
    const text = "the storage cannot be written, and the session is to be kept";
    return trail.deny("storage", { reason: Reasons.serverUnavailable, how: "answered", text });
  }
  const what = session === null ? `a new one, ${most}` : "its session is there";
  if (persistence === null) trail.add("storage", "pass", `${what}, in memory alone`);
  else if (kept) {
    trail.add("storage", "pass", `${what}; it is committed before CONNACK (${persistence.status.name})`);
  } else trail.add("storage", "pass", `${what}; nothing to commit, it ends with the connection`);
}

/** CONNACK with success; a client that is known is taken to come as it did the last time. */
export function welcomeOf(parts: Parts, { client, session, version }: Question): Packet {
  const { keepAlive, properties } = client;
  const asked = version === 5 ? properties.sessionExpiryInterval ?? 0 : client.cleanStart ? 0 : 0xffffffff;
  const granted = grantedTo({ keepAlive, sessionExpiryInterval: asked }, parts.capabilities);
  const assignedId = client.id === "" ? "auto-00000000-0000-0000-0000-000000000000" : null;
  return {
    type: PacketType.CONNACK,
    sessionPresent: session !== null && !client.cleanStart,
    reasonCode: 0,
    properties: version === 5
      ? announce(parts, { keepAlive, properties }, { ...granted, asked, assignedId }, NO_PROPERTIES)
      : NO_PROPERTIES,
  };
}
