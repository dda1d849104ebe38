/** Enough of mosquitto's configuration to recognise it, and to say how the same is asked for here. */

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
    const [, word] = /^([a-z][a-z_]*)(?:\s|$)/.exec(line) ?? [];
    if (word === undefined) return null;
    words.set(word, (words.get(word) ?? 0) + 1);
  }
  return words;
}

interface MosquittoListener {
  place: string;
  websockets: boolean;
  encrypted: boolean;
}

/** The options that ask for the same here as far as there are some; null: it is no such file. */
export function mosquittoHint(lines: readonly string[]): string | null {
  const words = wordsOf(lines);
  if (words === null || ![...words.keys()].some((word) => telling.has(word))) return null;
  const options: string[] = [];
  for (const { place, websockets, encrypted } of listenersOf(lines)) {
    const kind = place.startsWith("/")
      ? "unix"
      : websockets
      ? (encrypted ? "wss" : "ws")
      : encrypted
      ? "tls"
      : "tcp";
    options.push(`--${kind} ${place}`);
  }
  const value = (word: string): string | undefined => valueOf(lines, word);
  if (words.has("certfile")) {
    options.push(`--tls-cert ${value("certfile")}`, `--tls-key ${value("keyfile") ?? "FILE"}`);
  }
  if (value("require_certificate") === "true") options.push(`--tls-ca ${value("cafile") ?? "FILE"}`);
  if (value("persistence") === "true") options.push("--data DIR");
  const begin = options.length === 0 ? "--help has the options" : `to begin with: ${options.join(" ")}`;
  const users = ["password_file", "psk_file", "plugin", "auth_plugin"].some((word) => words.has(word)) ||
    value("allow_anonymous") === "false";
  return users ? `${begin}; users and passwords are not there yet, so everyone could connect` : begin;
}

function listenersOf(lines: readonly string[]): MosquittoListener[] {
  const listeners: MosquittoListener[] = [];
  for (const line of lines) {
    const [word, first = "", second = ""] = line.split(/\s+/);
    if (word === "listener" || word === "port") {
      const named = word === "port" ? valueOf(lines, "bind_address") ?? "" : second;
      const host = named.includes(":") ? `[${named}]` : named;
      const place = first === "0" ? second : `${host}:${first}`;
      listeners.push({ place, websockets: false, encrypted: false });
    }
    const last = listeners.at(-1);
    if (last === undefined) continue;
    if (word === "protocol" && first === "websockets") last.websockets = true;
    if (word === "certfile") last.encrypted = true;
  }
  return listeners;
}

function valueOf(lines: readonly string[], word: string): string | undefined {
  const line = lines.find((one) => one.split(/\s+/, 1)[0] === word);
  return line?.slice(word.length).trim();
}
