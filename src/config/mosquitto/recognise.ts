/** Enough of mosquitto's configuration to recognise it. */

/** Directives that are in nearly every file, or in no other kind of file. */
const telling: ReadonlySet<string> = new Set([
  ...["listener", "port", "bind_address", "allow_anonymous", "password_file", "acl_file", "persistence"],
  ...["persistence_location", "pid_file", "log_dest", "log_type", "include_dir", "per_listener_settings"],
  ...[
    "autosave_interval",
    "max_packet_size",
    "message_size_limit",
    "max_queued_messages",
    "certfile",
    "keyfile",
  ],
  ...["cafile", "require_certificate", "connection", "remote_username", "plugin", "auth_plugin", "psk_file"],
]);

/** Without comments and empty lines. */
export function significantLines(text: string): string[] {
  return text.replace(/^\uFEFF/, "").split(/\r?\n/).map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** The first words of all lines, with how often they come; null when a line begins with none of mosquitto's kind. */
export function wordsOf(lines: readonly string[]): Map<string, number> | null {
  const words = new Map<string, number>();
  for (const line of lines) {
    const [, word] = /^([a-z][a-z0-9_.]*)(?:\s|$)/.exec(line) ?? [];
    if (word === undefined) return null;
    words.set(word, (words.get(word) ?? 0) + 1);
  }
  return words;
}

export function isMosquitto(text: string): boolean {
  const words = wordsOf(significantLines(text));
  return words !== null && [...words.keys()].some((word) => telling.has(word));
}
