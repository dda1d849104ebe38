/** What counts as abuse, and what is done about it. */

import { type AbuseLimits, abuseRanges, defaultAbuseLimits } from "../../../hooks/auth/abuse/options.ts";
import { duration, integer } from "../values.ts";
import { type ItemsOf, type Section, section, type Setting, setting } from "./item.ts";

type Make = (range: readonly [number, number]) => Setting<number>["kind"];

const milliseconds: Make = (range) => duration("ms", range);

function limit(name: keyof AbuseLimits, make: Make, text: string): Setting<number> {
  return setting(make(abuseRanges[name]), text, { default: defaultAbuseLimits[name] });
}

const items: ItemsOf<AbuseLimits> = {
  failedLogins: limit(
    "failedLogins",
    integer,
    "Failed logins from one address (of IPv6: one network of 64 bits) within `failedLoginTime` that ban it, unless it is this " +
      "machine's own or that of a trusted proxy; 0: none do.",
  ),
  failedLoginTime: limit("failedLoginTime", milliseconds, "The time in which failed logins are counted."),
  banTime: limit("banTime", milliseconds, "How long such an address is banned."),
  userFailures: limit(
    "userFailures",
    integer,
    "Failed logins of one user name within `failedLoginTime` after which each login with it has to wait, from where the user has " +
      "not come in before; 0: none has.",
  ),
  takeOvers: limit(
    "takeOvers",
    integer,
    "Take-overs of one client id within a minute after which each CONNECT with it has to wait; 0: none has.",
  ),
  reconnects: limit(
    "reconnects",
    integer,
    "Connections of one client id within a minute that lasted less than ten seconds and ended without DISCONNECT, after which each " +
      "CONNECT with it has to wait; 0: none has.",
  ),
  delay: limit(
    "delay",
    milliseconds,
    "The longest that a CONNECT has to wait: the first one 250 ms, then twice as long each time; 0: none has.",
  ),
  waiting: limit(
    "waiting",
    integer,
    "CONNECT packets that wait at a time, a quarter of them from one address; others are refused then.",
  ),
};

export const abuse: Section<AbuseLimits> = section(
  "Who guesses passwords, and clients that come back again and again.",
  items,
  { ownsVariables: true },
);
