/**
 * The entries that stand at one filter. One entry is by far the most common case and costs no array; an
 * entry knows its place, so that leaving a filter with 100,000 subscribers costs the same as one with two.
 */

/** Anything that can stand in the index. */
export interface Entry {
  /** Position among the entries of the same filter. Only the index writes it. */
  place: number;
}

export type Slot<E extends Entry> = E | E[] | null;

export function addTo<E extends Entry>(slot: Slot<E>, entry: E): Slot<E> {
  if (slot === null) {
    entry.place = 0;
    return entry;
  }
  if (Array.isArray(slot)) {
    entry.place = slot.length;
    slot.push(entry);
    return slot;
  }
  entry.place = 1;
  return [slot, entry];
}

export function removeFrom<E extends Entry>(slot: Slot<E>, entry: E): Slot<E> {
  if (slot === entry) return null;
  if (!Array.isArray(slot) || slot[entry.place] !== entry) return slot;
  const last = slot.pop() as E;
  if (last !== entry) {
    slot[entry.place] = last;
    last.place = entry.place;
  }
  if (slot.length > 1) return slot;
  return slot[0] ?? null;
}
