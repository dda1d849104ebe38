/** Names that have broken brokers, and what is special about them in a rule. */

export interface NastyName {
  readonly name: string;
  /** It can be put in the place of `%u` in the middle of a filter. */
  readonly usable: boolean;
}

/** Also what MQTT does not let in: a hook of the program may hand it on. */
export const nastyNames: readonly NastyName[] = [
  { name: "", usable: false },
  { name: "+", usable: false },
  { name: "#", usable: false },
  { name: "a+b", usable: false },
  { name: "a#", usable: false },
  { name: "a/b", usable: false },
  { name: "/", usable: false },
  { name: "../secret", usable: false },
  { name: "\0", usable: false },
  { name: "a\0b", usable: false },
  { name: "$SYS", usable: true },
  { name: "$share", usable: true },
  { name: "__proto__", usable: true },
  { name: "constructor", usable: true },
  { name: "toString", usable: true },
  { name: "hasOwnProperty", usable: true },
  { name: "anna", usable: true },
  { name: "Anna", usable: true },
  { name: "anna ", usable: true },
  { name: " anna", usable: true },
  { name: "an na", usable: true },
  { name: "%u", usable: true },
  { name: "%c", usable: true },
  { name: "%", usable: true },
  { name: "%%u", usable: true },
  { name: "*", usable: true },
  { name: "an*", usable: true },
  { name: "'", usable: true },
  { name: '"; DROP TABLE users; --', usable: true },
  { name: "`", usable: true },
  { name: "\\", usable: true },
  { name: "a:b", usable: true },
  { name: "a\nb", usable: true },
  { name: "a\tb", usable: true },
  { name: "0", usable: true },
  { name: "1e3", usable: true },
  { name: "null", usable: true },
  { name: "undefined", usable: true },
  { name: "é", usable: true },
  { name: "e\u0301", usable: true },
  { name: "温度", usable: true },
  { name: "🦊", usable: true },
  // Halves of a character: what bytes that are no UTF-8 may become.
  { name: "\ud83e", usable: true },
  { name: "\ufffd", usable: true },
  { name: "\ufeff", usable: true },
  { name: "x".repeat(65_535), usable: true },
];
