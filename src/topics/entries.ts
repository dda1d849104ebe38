/**
 * The entries that stand at one filter. One entry is by far the most common case and costs no array; an
 * entry knows its position, so that leaving a filter with 100,000 subscribers costs the same as one with two.
 */

/** Anything that can stand in the index. */
export interface Entry {
  /** Position among the entries of the same filter. Only the index writes it. */
  position: number;
}

export type Entries<E extends Entry> = E | E[] | null;

export function addTo<E extends Entry>(entries: Entries<E>, entry: E): Entries<E> {
  if (entries === null) {
    entry.position = 0;
    return entry;
  }
  if (Array.isArray(entries)) {
    entry.position = entries.length;
    entries.push(entry);
    return entries;
  }
  entry.position = 1;
  return [entries, entry];
}

export function removeFrom<E extends Entry>(entries: Entries<E>, entry: E): Entries<E> {
  if (entries === entry) return null;
  if (!Array.isArray(entries) || entries[entry.position] !== entry) return entries;
  const last = entries.pop() as E;
  if (last !== entry) {
    entries[entry.position] = last;
    last.position = entry.position;
  }
  if (entries.length > 1) return entries;
  return entries[0] ?? null;
}
