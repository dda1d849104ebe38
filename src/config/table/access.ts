/** Who may connect, and what clients may do: the back ends that are asked, and the rules for everybody. */

import { isShared, isTopicFilter } from "../../topics/names.ts";
import type { MosquittoFiles, RuleAccess } from "../access/values.ts";
import { duration, filePath, named, someText, type ValueKind, yesOrNo } from "../values.ts";
import { type Items, type Section, section, type Setting, setting, type TaggedList } from "./item.ts";

const accessKind: ValueKind<RuleAccess> = named(
  new Map([
    ...["deny", "read", "write", "readwrite"].map((one) => [one, one] as const),
    ...["deny", "read", "write", "readwrite"].map((one, i) => [String(i), one] as const),
  ]) as ReadonlyMap<string, RuleAccess>,
  "deny (0), read (1), write (2) or readwrite (3)",
  ["deny", "read", "write", "readwrite", "0", "1", "2", "3"],
);

const filterKind: ValueKind<string> = {
  parse: (text) => !isShared(text) && isTopicFilter(text) ? text : undefined,
  accepted: "a topic filter, in which %c is the client id and %u the user name",
  fault: (text) =>
    isShared(text)
      ? `Cannot use the filter ${JSON.stringify(text)}: rules are about the filter without $share/group/`
      : `Cannot use the filter ${
        JSON.stringify(text)
      }: + and # stand alone in their level, and # only at the end`,
  shape: { is: "text", mayBeEmpty: false },
};

const rule: Items = {
  filter: setting(
    filterKind,
    "The topics it is about: a filter, in which %c is the client id and %u the user name.",
  ),
  access: setting(
    accessKind,
    "What it grants: `read` is to subscribe and receive, `write` to publish; or nothing.",
  ),
  client: setting(someText, "Whom it is about: the client of that id, `abc*` all whose ids begin so.", {
    otherwise: "everybody",
  }),
};

/** Clients that somebody knows have a name. */
const ruleForUsers: Items = {
  ...rule,
  user: setting(
    someText,
    "The same by user name. Who was let in by `anonymous`, though there are back ends, has none.",
    { otherwise: "everybody" },
  ),
};

const ofRule = {
  text: "A rule. The first whose filter matches decides.",
  items: rule,
  needs: ["filter", "access"],
};

const mosquitto: Section<MosquittoFiles> = section(
  "The files of mosquitto.",
  {
    passwords: setting(filePath, "Its `password_file`.", { reads: true }),
    acl: setting(filePath, "Its `acl_file`, for those who are in the other file.", {
      reads: true,
      otherwise: "as for `users`",
    }),
  },
  {
    needs: ["passwords"],
    check: ({ passwords }, path) =>
      passwords === undefined ? [{ message: `Missing "passwords" for ${JSON.stringify(path)}` }] : [],
  },
);

/** Of a file of users. */
const watching: Items = {
  interval: setting(
    duration("ms", [0, 3_600_000]),
    "Time from one look whether the file has changed to the next, at least 10ms; 0: it is only read again on SIGHUP.",
    { otherwise: "1s" },
  ),
  disguise: setting(
    yesOrNo,
    "Whether a name nobody knows is made to wait as long as a wrong password takes.",
    { otherwise: "true" },
  ),
};

export const auth: TaggedList = {
  is: "list",
  one: "back end",
  text:
    "Who knows users and their passwords, in the order in which they are asked: a user that one knows is let in or refused by it.",
  otherwise: "none: everyone may connect, unless `anonymous` says otherwise",
  reloadable: true,
  tag: null,
  byKey: true,
  common: {},
  types: {
    users: {
      text: "A file of users, lines `name:hash` as `comqtt passwd add` and `mosquitto_passwd` write them.",
      items: { users: setting(filePath, "The path of the file.", { reads: true }), ...watching },
      needs: ["users"],
      check: ({ interval }, path) =>
        typeof interval === "number" && interval > 0 && interval < 10
          ? [{
            key: "interval",
            message: `Cannot use ${interval}ms for "${path}.interval", expected 0 or at least 10ms`,
          }]
          : [],
    },
    ledger: {
      text: "Users and rules in a ledger, the format of comqtt 2.",
      items: { ledger: setting(filePath, "The path of the file, YAML or JSON.", { reads: true }) },
      needs: ["ledger"],
    },
    mosquitto: {
      text: "The files of mosquitto as they are.",
      items: { mosquitto, ...watching },
      needs: ["mosquitto"],
    },
    store: {
      text: "The users of `comqtt users`, in `access.db` of the directory for data.",
      items: { store: setting(yesOrNo, "`true`.") },
      needs: ["store"],
      check: ({ store }, path) =>
        store === true ? [] : [{
          key: "store",
          message: `Cannot use false for "${path}.store", expected true, or no such item`,
        }],
    },
  },
};

export const acl: TaggedList = {
  is: "list",
  one: "rule",
  text:
    "What clients may do, whoever has let them in: asked where the back end that did has nothing to say. What no rule allows is denied then.",
  otherwise: "none",
  reloadable: true,
  tag: null,
  byKey: true,
  single: true,
  common: {},
  types: {
    filter: { ...ofRule, items: ruleForUsers },
    mosquitto: {
      text: "The rules of a file of mosquitto.",
      items: { mosquitto: setting(filePath, "Its `acl_file`.", { reads: true }) },
      needs: ["mosquitto"],
    },
  },
};

export const anonymous: TaggedList = {
  is: "list",
  one: "rule",
  text:
    "What becomes of clients that no back end knows, those without a user name among them: they are let in or refused; with a list of rules they are let in and may do what the rules say.",
  otherwise: "`allow` without back ends, else `deny`",
  reloadable: true,
  tag: null,
  byKey: true,
  words: { allow: "They are let in.", deny: "They are refused." },
  common: {},
  types: { filter: ofRule },
};

export const blacklist: Setting<string> = setting(
  filePath,
  "Clients and topics that are refused, whatever back ends and rules say: a file in the format of a ledger, as comqtt 2's " +
    "`blacklist.yml`. What it allows is asked of the others all the same.",
  { reads: true, reloadable: true },
);
