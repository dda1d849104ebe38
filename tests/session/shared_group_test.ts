/** Whose turn it is in a shared subscription. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SharedGroup } from "../../src/session/shared_group.ts";
import type { Session } from "../../src/session/session.ts";
import { Subscription } from "../../src/session/subscription.ts";
import { FakeOutlet, sessionOf } from "./fakes.ts";

type State = "online" | "busy" | "offline";

class Member extends Subscription {
  declare readonly session: Session;
}

function memberIn(group: SharedGroup, state: State): Member {
  const member = new Member(sessionOf(), "$share/g/t", group);
  turn(member, state);
  group.add(member);
  return member;
}

function turn(member: Member, state: State): void {
  const outlet = new FakeOutlet();
  outlet.congested = state === "busy";
  member.session.outlet = state === "offline" ? null : outlet;
}

function groupOf(...states: State[]): { group: SharedGroup; members: Member[] } {
  const group = new SharedGroup("g", "t");
  return { group, members: states.map((state) => memberIn(group, state)) };
}

function chosen(group: SharedGroup, members: readonly Member[], count: number, qos = 1): number[] {
  return Array.from({ length: count }, () => {
    const member = group.choose(qos);
    return members.findIndex((one) => one === member);
  });
}

test("shared group: members that are online take turns", () => {
  const { group, members } = groupOf("online", "online", "online");
  assert.deepEqual(chosen(group, members, 7), [0, 1, 2, 0, 1, 2, 0]);
});

test("shared group: nobody offline while somebody is online, nobody busy while somebody keeps up", () => {
  const { group, members } = groupOf("offline", "online", "busy", "online", "offline");
  assert.deepEqual(chosen(group, members, 4), [1, 3, 1, 3]);
  turn(members[1]!, "busy");
  turn(members[3]!, "offline");
  assert.deepEqual(new Set(chosen(group, members, 4)), new Set([1, 2]));
  turn(members[1]!, "offline");
  turn(members[2]!, "offline");
  assert.deepEqual(new Set(chosen(group, members, 5)), new Set([0, 1, 2, 3, 4]));
});

test("shared group: QoS 0 goes to nobody when all are offline, and an empty group has nobody", () => {
  const { group, members } = groupOf("offline", "offline");
  assert.deepEqual(chosen(group, members, 2, 0), [-1, -1]);
  assert.deepEqual(chosen(group, members, 2, 2), [0, 1]);
  for (const member of members) group.remove(member);
  assert.equal(group.choose(2), null);
});

test("shared group: who leaves costs nobody his turn", () => {
  const { group, members } = groupOf("online", "online", "online", "online");
  assert.deepEqual(chosen(group, members, 2), [0, 1]);
  group.remove(members[0]!);
  assert.deepEqual(chosen(group, members, 3), [2, 3, 1]);
  group.remove(members[3]!);
  group.remove(members[3]!);
  assert.deepEqual(chosen(group, members, 3), [2, 1, 2]);
});

test("shared group: fair to within one message whatever the number of members", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 500 }), (n, count) => {
    const { group, members } = groupOf(...new Array<State>(n).fill("online"));
    const tally = new Array<number>(n).fill(0);
    for (const at of chosen(group, members, count)) tally[at]!++;
    assert.ok(Math.max(...tally) - Math.min(...tally) <= 1);
  }));
});

test("shared group: the choice is always the best there is, under random changes", () => {
  const state = fc.constantFrom<State>("online", "busy", "offline");
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ choose: fc.constantFrom(0, 1, 2) }) },
    { weight: 2, arbitrary: fc.record({ join: state }) },
    { weight: 1, arbitrary: fc.record({ leave: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ turn: fc.tuple(fc.nat(), state) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100, size: "max" }), (steps) => {
      const group = new SharedGroup("g", "t");
      const members: { member: Member; state: State }[] = [];
      const rank = (s: State): number => ["online", "busy", "offline"].indexOf(s);
      for (const s of steps) {
        if ("join" in s) members.push({ member: memberIn(group, s.join), state: s.join });
        else if ("leave" in s && members.length > 0) {
          group.remove(members.splice(s.leave % members.length, 1)[0]!.member);
        } else if ("turn" in s && members.length > 0) {
          const one = members[s.turn[0] % members.length]!;
          one.state = s.turn[1];
          turn(one.member, one.state);
        } else if ("choose" in s) {
          const answer = group.choose(s.choose);
          const best = Math.min(...members.map((m) => rank(m.state)));
          if (members.length === 0 || (best === 2 && s.choose === 0)) assert.equal(answer, null);
          else assert.equal(rank(members.find((m) => m.member === answer)!.state), best);
        }
        assert.deepEqual(group.members, members.map((m) => m.member));
      }
    }),
    { numRuns: 300 },
  );
});
