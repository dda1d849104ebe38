/** Makes the chain: the blacklist, back ends, what becomes of those nobody knows, the rules for everybody, what holds without any. */

import { Acl, type AclRule } from "../../../hooks/auth/acl.ts";
import { Anonymous } from "../../../hooks/auth/anonymous.ts";
import type { LetIn } from "../../../hooks/auth/frame/let_in.ts";
import { OwnTopics } from "../../../hooks/auth/frame/own_topics.ts";
import { Users } from "../../../hooks/auth/users.ts";
import type { AccessSetting, AclSetting, BackEndSetting, TopicRule } from "../../config/access/choice.ts";
import type { Client, Hook } from "../../hook/hook.ts";
import type { AccessSurroundings, BackEndLink, Chain, Link } from "./chain.ts";
import { FreeIds } from "./free_ids.ts";
import { storeLink } from "./store.ts";

/** How often files are looked at for which nothing is said. */
const INTERVAL_MS = 1000;

interface Making {
  readonly around: AccessSurroundings;
  readonly ids: FreeIds;
}

/** What is the same as `before` is kept. Rejects with an Error when a file cannot be used. */
export async function chainOf(
  setting: AccessSetting,
  around: AccessSurroundings,
  before: Chain | null,
): Promise<Chain> {
  const kept = new Map((before?.links ?? []).map((link) => [link.key, link]));
  const wanted = keysOf(setting);
  const making = { around, ids: new FreeIds(wanted.flatMap((key) => kept.get(key)?.hooks ?? [])) };
  const have = async <L extends Link>(key: string, make: () => L | Promise<L>): Promise<L> =>
    kept.get(key) as L | undefined ?? await make();

  const { blacklist, backEnds, acl } = setting;
  const first = blacklist === null
    ? []
    : [await have(blacklistKey(blacklist), () => blacklistLink(blacklist.file, making))];
  const known: BackEndLink[] = [];
  for (const [i, one] of backEnds.entries()) {
    known.push(await have(backEndKey(one, i), () => backEndLink(one, backEndKey(one, i), making)));
  }
  const letIns = known.map(({ backEnd }) => backEnd.letIn);
  for (const [i, letIn] of letIns.entries()) letIn.follow(letIns.slice(0, i));
  // (It is about those before it.)
  const end = anonymousLink(setting, known, making, kept);
  const rules: Link[] = [];
  for (const [i, one] of (acl ?? []).entries()) {
    rules.push(await have(aclKey(one, i), () => aclLink(one, aclKey(one, i), making)));
  }
  const links: Link[] = [...first, ...known, end, ...rules];
  const open = [...known.filter((one) => one.open).map(({ backEnd }) => backEnd.letIn)];
  if (setting.anonymous === "allow") open.push(end.letIn);
  const everything = acl === null && open.length > 0 ? [allTopics(open, making)] : [];
  const everybody = [...letIns, end.letIn];
  return {
    hooks: [...links.flatMap(({ hooks }) => hooks), ...everything],
    links,
    open: setting.anonymous === "allow" && acl === null,
    mayStay: (client) =>
      !first.some((one) => one.refuses(client)) && everybody.some((letIn) => letIn.has(client)),
  };
}

/** Those of the links that may be kept. */
function keysOf(setting: AccessSetting): string[] {
  const { blacklist, backEnds, acl } = setting;
  return [
    ...(blacklist === null ? [] : [blacklistKey(blacklist)]),
    ...backEnds.map(backEndKey),
    anonymousKey(setting),
    ...(acl ?? []).map(aclKey),
  ];
}

function blacklistKey({ file }: { readonly file: string }): string {
  return JSON.stringify(["blacklist", file]);
}

/** (Where it stands makes no difference; twice the same are two.) */
function backEndKey(one: BackEndSetting, i: number): string {
  return JSON.stringify(["back end", { ...one, where: "" }, i]);
}

/** (Where a rule stands is told with what it decides.) */
function aclKey(one: AclSetting, i: number): string {
  return JSON.stringify(["acl", one.kind === "rules" ? one : { ...one, where: "" }, i]);
}

/** (Those before it belong to it.) */
function anonymousKey({ anonymous, backEnds }: AccessSetting): string {
  return JSON.stringify(["anonymous", anonymous, backEnds.map(backEndKey)]);
}

interface BlacklistLink extends Link {
  refuses(client: Client): boolean;
}

async function blacklistLink(file: string, { around, ids }: Making): Promise<BlacklistLink> {
  const { Blacklist } = await around.parts.blacklist();
  const hook = await Blacklist.read(file, { id: ids.free("blacklist"), interval: INTERVAL_MS });
  return {
    key: blacklistKey({ file }),
    hooks: [hook],
    refuses: (client) => hook.refuses(client),
    reload: () => hook.reload(),
    describe: () => "the blacklist was read again",
  };
}

async function backEndLink(one: BackEndSetting, key: string, making: Making): Promise<BackEndLink> {
  const { around, ids } = making;
  switch (one.kind) {
    case "users":
      return { ...usersLink(one, key, ids.free("users")), open: true };
    case "mosquitto": {
      const link = usersLink(one, key, ids.free("mosquitto"));
      if (one.acl === undefined) return { ...link, open: true };
      return withRules(link, one.acl, ids.free("mosquitto-acl"), one.interval ?? INTERVAL_MS);
    }
    case "ledger": {
      const { Ledger } = await around.parts.ledger();
      const options = { fallback: "abstain", topics: "let-in", interval: INTERVAL_MS } as const;
      const hook = await Ledger.read(one.file, { id: ids.free("ledger"), ...options });
      return {
        key,
        hooks: [hook],
        backEnd: hook,
        open: true,
        disguise: true,
        reload: () => hook.reload(),
        describe: () => "the ledger was read again",
      };
    }
    case "store":
      return await storeLink({ key, id: ids.free("access-store"), data: around.data });
  }
}

/** The time that hides which names there are is taken at the end of the chain. */
function usersLink(
  one: BackEndSetting & { readonly kind: "users" | "mosquitto" },
  key: string,
  id: string,
): Omit<BackEndLink, "open"> & Required<Link> {
  const hook = new Users({ file: one.file, id, interval: one.interval ?? INTERVAL_MS, disguise: false });
  return {
    key,
    hooks: [hook],
    backEnd: hook,
    disguise: one.disguise ?? true,
    reload: () => hook.reload(),
    describe: () => `the users were read again: ${hook.size}`,
  };
}

/** Those of a file that is for its users alone; what no line of it is about is for the rules for everybody. */
function withRules(
  link: Omit<BackEndLink, "open"> & Required<Link>,
  file: string,
  id: string,
  interval: number,
): BackEndLink {
  const acl = Acl.mosquitto(file, { id, fallback: "abstain", interval });
  const reload = async (): Promise<void> => {
    await link.reload();
    await acl.reload();
  };
  const describe = (): string => `${link.describe()}; and their rules: ${acl.size}`;
  const hooks = [...link.hooks, new OwnTopics(link.backEnd.letIn, acl)];
  return { ...link, hooks, open: false, reload, describe };
}

function aclLink(one: AclSetting, key: string, { ids }: Making): Link {
  const id = ids.free("acl");
  if (one.kind === "rules") return { key, hooks: [new Acl(one.rules.map(written), { id })] };
  // (What no line of it grants may be granted by rules behind it.)
  const acl = Acl.mosquitto(one.file, { id, fallback: "abstain", interval: INTERVAL_MS });
  const describe = (): string => `the rules were read again: ${acl.size}`;
  return { key, hooks: [acl], reload: () => acl.reload(), describe };
}

function anonymousLink(
  setting: AccessSetting,
  known: readonly BackEndLink[],
  { ids }: Making,
  kept: ReadonlyMap<string, Link>,
): Link & { readonly letIn: LetIn } {
  const key = anonymousKey(setting);
  const before = kept.get(key) as Link & { readonly letIn: LetIn } | undefined;
  if (before !== undefined) return before;
  const { anonymous } = setting;
  const hook = new Anonymous(typeof anonymous === "string" ? anonymous : anonymous.map(written), {
    id: ids.free("anonymous"),
    after: known.map(({ backEnd }) => backEnd),
    disguiseAs: known.filter(({ disguise }) => disguise).map(({ backEnd }) => backEnd),
  });
  return { key, hooks: [hook], letIn: hook.letIn };
}

function written({ user, client, ...rule }: TopicRule): AclRule {
  const who = { ...(user === undefined ? {} : { user }), ...(client === undefined ? {} : { client }) };
  return { ...rule, who };
}

/** Where nobody says what clients may do, those who were let in may do everything. */
function allTopics(open: readonly LetIn[], { ids }: Making): Hook {
  return {
    id: ids.free("all-topics"),
    onAclCheck: (client) => open.some((letIn) => letIn.has(client)) ? "allow" : undefined,
    onExplain: (client, action) => {
      if (action === "connect") return;
      const its = open.some((letIn) => letIn.has(client));
      return its
        ? { answer: "allow", detail: "there is no acl, so those who are let in may do everything" }
        : { detail: "the hook that has let the client in has rules of its own, or nobody has let it in" };
    },
  };
}
