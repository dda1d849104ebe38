/** Values as somebody would write them. */

import type { Shape, ValueKind } from "../values.ts";

/** What `kind` reads as this value. */
export function written(kind: ValueKind<unknown>, value: unknown): string {
  return ofShape(kind.shape, value);
}

function ofShape(shape: Shape, value: unknown): string {
  switch (shape.is) {
    case "size":
      return sizeText(value as number);
    case "duration":
      return durationText(value as number, shape.unit);
    case "permissions":
      return (value as number).toString(8).padStart(4, "0");
    case "list":
    case "origins":
      return Array.isArray(value)
        ? value.map((one) => ofShape(shape.is === "list" ? shape.of : shape, one)).join(",")
        : String(value);
    default:
      return String(value);
  }
}

const sizes = [["TiB", 1024 ** 4], ["GiB", 1024 ** 3], ["MiB", 1024 ** 2], ["KiB", 1024]] as const;

/** `64KiB`; what is no multiple of a unit is a bare number. */
export function sizeText(size: number): string {
  const unit = sizes.find(([, factor]) => size >= factor && size % factor === 0);
  return unit === undefined ? String(size) : `${size / unit[1]}${unit[0]}`;
}

const durations = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1000], ["ms", 1]] as const;

/** `10s`, `500ms`. */
export function durationText(amount: number, unit: "ms" | "s"): string {
  if (amount === 0) return "0";
  const milliseconds = unit === "ms" ? amount : amount * 1000;
  const [name, factor] = durations.find(([, one]) => milliseconds % one === 0)!;
  return `${milliseconds / factor}${name}`;
}
