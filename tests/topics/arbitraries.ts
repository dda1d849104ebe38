/** Topics and filters that meet each other often, with every level that has ever broken a broker. */

import fc from "fast-check";

/** Few, so that random filters and topics match; among them what a plain object would trip over. */
const NAMES = [
  "a",
  "b",
  "ab",
  "",
  " ",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "0",
  "-1",
  "é",
  "温度",
  "🦊",
  "\u{10FFFF}",
  "\uFEFF",
] as const;

/** Levels that mean something only in front. */
const FIRST_NAMES = ["$SYS", "$", "$share", "$a", ...NAMES] as const;

const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("a", "b", "") },
  { weight: 2, arbitrary: fc.constantFrom(...NAMES) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: "grapheme", maxLength: 6 }).map((s) => s.replace(/[+#/\0]/g, "_")),
  },
);
const first = fc.oneof({ weight: 3, arbitrary: name }, {
  weight: 1,
  arbitrary: fc.constantFrom(...FIRST_NAMES),
});
const wildcard = fc.constant("+");

function joined(head: fc.Arbitrary<string>, tail: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const short = fc.array(tail, { maxLength: 4 });
  const deep = fc.array(tail, { minLength: 5, maxLength: 127, size: "max" });
  const rest = fc.oneof({ weight: 19, arbitrary: short }, { weight: 1, arbitrary: deep });
  return fc.tuple(head, rest).map(([one, more]) => [one, ...more].join("/"));
}

/** Valid topic names. */
export const topic: fc.Arbitrary<string> = joined(first, name).filter((text) => text !== "");

/** Valid filters, most of them with wildcards. */
export const filter: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: joined(fc.oneof(first, wildcard), fc.oneof(name, name, wildcard)) },
  {
    weight: 2,
    arbitrary: joined(fc.oneof(first, wildcard), fc.oneof(name, wildcard)).map((text) => `${text}/#`),
  },
  { weight: 1, arbitrary: fc.constantFrom("#", "+", "+/#", "/", "/+", "+/+", "//", "$SYS/#", "/#") },
).filter((text) => text !== "");

/** Filters one of which is often the other's neighbour: made from the topics they are to be asked about. */
export function filterFor(text: string): fc.Arbitrary<string> {
  const levels = text.split("/");
  return fc.tuple(
    fc.array(fc.boolean(), { minLength: levels.length, maxLength: levels.length }),
    fc.nat(levels.length),
  )
    .map(([plus, cut]) => {
      const changed = levels.map((level, i) => plus[i] ? "+" : level);
      const filter = cut < levels.length ? [...changed.slice(0, cut), "#"].join("/") : changed.join("/");
      return filter === "" ? "#" : filter;
    });
}
