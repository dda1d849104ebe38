/** Time as text, by the letters of strftime(3) in the C locale. */

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** A moment: milliseconds since 1970, and nanoseconds of its second. */
export interface Moment {
  readonly date: Date;
  readonly nanoseconds: number;
}

/** Clocks of the runtimes show milliseconds; what they count besides makes messages tell apart. */
export function momentNow(): Moment {
  const date = new Date();
  const part = Math.floor((performance.now() % 1) * 1e6);
  return { date, nanoseconds: date.getMilliseconds() * 1e6 + part };
}

const two = (value: number): string => String(value).padStart(2, "0");
const blank = (value: number): string => String(value).padStart(2, " ");
const hour12 = (date: Date): number => date.getHours() % 12 || 12;

function zone(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(absolute / 60))}${two(absolute % 60)}`;
}

function dayOfYear(date: Date): number {
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((day - Date.UTC(date.getFullYear(), 0, 1)) / 86_400_000);
}

/** ISO 8601: the week belongs to the year its Thursday is in. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()));
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const year = thursday.getUTCFullYear();
  return { year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 604_800_000) + 1 };
}

function zoneName(date: Date): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(date);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

const letters: Readonly<Record<string, (date: Date) => string>> = {
  a: (date) => DAYS[date.getDay()]!.slice(0, 3),
  A: (date) => DAYS[date.getDay()]!,
  b: (date) => MONTHS[date.getMonth()]!.slice(0, 3),
  B: (date) => MONTHS[date.getMonth()]!,
  c: (date) => strftime("a b e H:M:S Y", date),
  C: (date) => two(Math.floor(date.getFullYear() / 100)),
  d: (date) => two(date.getDate()),
  D: (date) => strftime("m/d/y", date),
  e: (date) => blank(date.getDate()),
  F: (date) => strftime("Y-m-d", date),
  g: (date) => two(isoWeek(date).year % 100),
  G: (date) => String(isoWeek(date).year),
  h: (date) => MONTHS[date.getMonth()]!.slice(0, 3),
  H: (date) => two(date.getHours()),
  I: (date) => two(hour12(date)),
  j: (date) => String(dayOfYear(date) + 1).padStart(3, "0"),
  k: (date) => blank(date.getHours()),
  l: (date) => blank(hour12(date)),
  m: (date) => two(date.getMonth() + 1),
  M: (date) => two(date.getMinutes()),
  n: () => "\n",
  p: (date) => date.getHours() < 12 ? "AM" : "PM",
  P: (date) => date.getHours() < 12 ? "am" : "pm",
  r: (date) => strftime("I:M:S p", date),
  R: (date) => strftime("H:M", date),
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  S: (date) => two(date.getSeconds()),
  t: () => "\t",
  T: (date) => strftime("H:M:S", date),
  u: (date) => String(date.getDay() || 7),
  U: (date) => two(Math.floor((dayOfYear(date) + 7 - date.getDay()) / 7)),
  V: (date) => two(isoWeek(date).week),
  w: (date) => String(date.getDay()),
  W: (date) => two(Math.floor((dayOfYear(date) + 7 - (date.getDay() + 6) % 7) / 7)),
  x: (date) => strftime("m/d/y", date),
  X: (date) => strftime("H:M:S", date),
  y: (date) => two(date.getFullYear() % 100),
  Y: (date) => String(date.getFullYear()),
  z: zone,
  Z: zoneName,
};

/** Every letter is a conversion, all else stands for itself. */
function strftime(text: string, date: Date): string {
  return text.replace(/[A-Za-z]/g, (letter) => conversion(letter, date));
}

/** One that is not known is left out. */
export function conversion(letter: string, date: Date): string {
  return Object.hasOwn(letters, letter) ? letters[letter]!(date) : "";
}

/** `2016-08-10T09:47:38+0100` */
export function isoTime(date: Date): string {
  return `${strftime("F", date)}T${strftime("H:M:S", date)}${zone(date)}`;
}

/** As mosquitto's JSON has it: `2020-05-06T22:12:00.000000Z+0100`. */
export function jsonTime({ date, nanoseconds }: Moment): string {
  const micros = String(Math.floor(nanoseconds / 1000)).padStart(6, "0");
  return `${strftime("F", date)}T${strftime("H:M:S", date)}.${micros}Z${zone(date)}`;
}
