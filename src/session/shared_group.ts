/** The members of one `$share/group/filter`, and whose turn it is. MQTT 5.0 section 4.8.2. */

import type { Entry } from "../topics/entries.ts";
import type { Route, RouteGroup } from "./route.ts";

const everyone = (): boolean => true;

export class SharedGroup implements Entry, RouteGroup {
  readonly name: string;
  readonly filter: string;
  position = 0;
  readonly members: Route[] = [];
  #next = 0;

  constructor(name: string, filter: string) {
    this.name = name;
    this.filter = filter;
  }

  get key(): string {
    return `$share/${this.name}/${this.filter}`;
  }

  add(member: Route): void {
    this.members.push(member);
  }

  remove(member: Route): void {
    const at = this.members.indexOf(member);
    if (at < 0) return;
    this.members.splice(at, 1);
    if (at < this.#next) this.#next--;
  }

  /**
   * Round robin over the members that are connected and keep up; then over those connected; an offline one
   * only when nobody is connected, and only for a message worth keeping. Whoever is not `allowed` is passed over.
   */
  choose(qos: number, allowed: (member: Route) => boolean = everyone): Route | null {
    const n = this.members.length;
    let busy = -1;
    let offline = -1;
    for (let i = 0; i < n; i++) {
      const at = (this.#next + i) % n;
      const { outlet } = this.members[at]!.session;
      if (!allowed(this.members[at]!)) continue;
      if (outlet === null) {
        if (offline < 0) offline = at;
      } else if (outlet.congested) {
        if (busy < 0) busy = at;
      } else return this.#take(at);
    }
    if (busy >= 0) return this.#take(busy);
    if (offline >= 0 && qos > 0) return this.#take(offline);
    return null;
  }

  #take(at: number): Route {
    this.#next = (at + 1) % this.members.length;
    return this.members[at]!;
  }
}
