/** How a rule says whom it is about: everyone, exactly this one, or whoever begins like that. */

export type Pattern =
  | { readonly kind: "any" }
  | { readonly kind: "exact"; readonly text: string }
  | { readonly kind: "prefix"; readonly text: string };

/** What stands after the first `*` does not count; one in front of other text stands for itself. */
export function patternOf(text: string): Pattern {
  if (text === "" || text === "*") return { kind: "any" };
  const star = text.indexOf("*");
  return star > 0 ? { kind: "prefix", text: text.slice(0, star) } : { kind: "exact", text };
}

/** A prefix wants at least one character more. */
export function patternMatches(pattern: Pattern, value: string): boolean {
  if (pattern.kind === "any") return true;
  if (pattern.kind === "exact") return value === pattern.text;
  return value.length > pattern.text.length && value.startsWith(pattern.text);
}

/** An address, with and without its port; the host has no brackets. */
export interface Remote {
  readonly full: string;
  readonly host: string;
}

export function remoteOf(full: string): Remote {
  return { full, host: split(full)?.host ?? full };
}

/** As `patternOf`, with IPv6 addresses in the one way in which the server writes them. */
export function remotePatternOf(text: string): Pattern {
  const { host, rest } = split(text) ?? { host: text, rest: "" };
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host) ?? [];
  if (mapped !== undefined) return patternOf(mapped + rest);
  const address = canonical(host);
  if (address === null) return patternOf(text);
  return patternOf(rest === "" ? address : `[${address}]${rest}`);
}

export function remoteMatches(pattern: Pattern, { full, host }: Remote): boolean {
  return patternMatches(pattern, full) || (host !== full && patternMatches(pattern, host));
}

/** `127.0.0.1:1883`, `[::1]:1883`, `[::1]`, and the same with a `*` for the port. */
function split(text: string): { host: string; rest: string } | null {
  const [, bracketed, plain, rest] = /^(?:\[([^\]]*)\]|([^:[\]]*)(?=:))(:(?:\d+|\*))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  return host === undefined ? null : { host, rest: rest ?? "" };
}

/** Null for what is no IPv6 address. */
function canonical(host: string): string | null {
  if (!host.includes(":") || host.includes("*")) return null;
  try {
    return new URL(`http://[${host}]/`).hostname.slice(1, -1);
  } catch {
    return null;
  }
}
