/** Who may have to make room: members by the address they come from, the oldest first. */

import { addressGroup } from "../address.ts";

/** Those from one address, the oldest first. */
type Group<Member> = Set<Member>;

/** Whatever is asked or changed costs the same, however many there are. */
export class Crowd<Member> {
  readonly #groups: Map<string, Group<Member>> = new Map();
  readonly #names: Map<Member, string> = new Map();
  /** By how many they are; those that have been so many for the longest time first. */
  readonly #bySize: Map<number, Set<Group<Member>>> = new Map();
  #largest = 0;

  get size(): number {
    return this.#names.size;
  }

  /** `address` as `formatAddress` writes it. A member that is there already stays as old as it is. */
  add(member: Member, address: string): void {
    if (this.#names.has(member)) return;
    const name = addressGroup(address);
    this.#names.set(member, name);
    let group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, group = new Set());
    this.#resize(group, () => group.add(member));
  }

  delete(member: Member): void {
    const name = this.#names.get(member);
    if (name === undefined) return;
    this.#names.delete(member);
    const group = this.#groups.get(name)!;
    this.#resize(group, () => group.delete(member));
    if (group.size === 0) this.#groups.delete(name);
  }

  has(member: Member): boolean {
    return this.#names.has(member);
  }

  /** The oldest one from the address that has the most; of two such addresses the one that has had them longer. */
  get first(): Member | undefined {
    const [group] = this.#bySize.get(this.#largest) ?? [];
    if (group === undefined) return undefined;
    const [member] = group;
    return member;
  }

  [Symbol.iterator](): Iterator<Member> {
    return this.#names.keys();
  }

  #resize(group: Group<Member>, change: () => void): void {
    const before = this.#bySize.get(group.size);
    before?.delete(group);
    if (before?.size === 0) this.#bySize.delete(group.size);
    change();
    const { size } = group;
    if (size > 0) {
      let alike = this.#bySize.get(size);
      if (alike === undefined) this.#bySize.set(size, alike = new Set());
      alike.add(group);
    }
    // By one at a time, as its members come and go.
    if (size > this.#largest) this.#largest = size;
    else if (!this.#bySize.has(this.#largest)) this.#largest = Math.max(0, this.#largest - 1);
  }
}
