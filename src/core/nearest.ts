/** What somebody may have meant who misspelt a name. */

/** The candidate closest to `word`, or null when none is close. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const given = word.toLowerCase();
  // Two slips in a short word make another word.
  let best = Math.min(3, Math.max(1, Math.floor(given.length / 3))) + 1;
  let found: string | null = null;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - given.length) >= best) continue;
    const distance = editDistance(given, candidate.toLowerCase());
    if (distance >= best) continue;
    best = distance;
    found = candidate;
  }
  return found;
}

/** Insertions, deletions, substitutions, and swaps of neighbours, each counting one. */
export function editDistance(a: string, b: string): number {
  let twoAbove: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, twoAbove[j - 2]! + 1);
      }
      row.push(least);
    }
    twoAbove = above;
    above = row;
  }
  return above[b.length]!;
}
