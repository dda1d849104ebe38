/** Single values as YAML. */

/** Plain where that is the same text to every reader of YAML, else in quotes. (`${` would be taken for a variable.) */
export function scalar(value: string | number | boolean): string {
  if (typeof value !== "string") return String(value);
  const plain = /^[A-Za-z/][A-Za-z0-9_./-]*$/.test(value) &&
    !/^(?:true|false|yes|no|on|off|null|y|n)$/i.test(value);
  return plain ? value : JSON.stringify(value.replaceAll("${", () => "$${"));
}

/** A mapping under a key, and nothing when it is empty. */
export function section(key: string, values: ReadonlyMap<string, string>): string[] {
  if (values.size === 0) return [];
  return [`${key}:`, ...[...values].map(([name, value]) => `  ${name}: ${value}`)];
}

/** Whatever it says, it stays a comment. `first`, `more`: what its lines begin with; long ones go on in the next. */
export function comment(given: string, first = "", more: string = first.replace(/\S/g, " ")): string[] {
  // deno-lint-ignore no-control-regex -- names of files may have anything in them
  const text = given.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, "?");
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length > 110) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one, i) => `# ${i === 0 ? first : more}${one}`.trimEnd());
}
