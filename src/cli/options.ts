/**
 * The options of the command line, as one table: parsing, help and messages are made from it. Every setting of the
 * configuration is an option as well; the help has those that are usual.
 */

export interface Option {
  readonly name: string;
  /** What its value is called in the help; without it the option is a switch. */
  readonly value?: string;
  readonly short?: string;
  readonly repeatable?: boolean;
  /** It belongs to a command, and is no setting. */
  readonly ofCommand?: boolean;
  /** A switch that may be told `false`, after an equals sign. */
  readonly answer?: true;
  /** Several lines are several lines in the help. */
  readonly text: string;
}

export interface OptionGroup {
  readonly title: string;
  readonly options: readonly Option[];
}

const address = "ADDR";

export const optionGroups: readonly OptionGroup[] = [
  {
    title:
      "Where clients come in (ADDR is host:port, [ipv6]:port, or :port for all addresses; off is nowhere)",
    options: [
      { name: "tcp", value: address, repeatable: true, text: "MQTT over TCP; default 127.0.0.1:1883" },
      { name: "ws", value: address, repeatable: true, text: "MQTT over WebSocket; default 127.0.0.1:1882" },
      { name: "tls", value: address, repeatable: true, text: "MQTT over TLS; needs a certificate" },
      { name: "wss", value: address, repeatable: true, text: "MQTT over WebSocket over TLS; the same" },
      {
        name: "origins",
        value: "LIST",
        text: "whose pages in browsers may connect: https://app.example,… or any;\n" +
          "default: those of this machine, or of the host they connect to",
      },
      { name: "unix", value: "PATH", repeatable: true, text: "MQTT over a Unix socket" },
      {
        name: "http",
        value: address,
        repeatable: true,
        text: "statistics and health; default 127.0.0.1:8080",
      },
    ],
  },
  {
    title: "Certificates (PEM files) for --tls and --wss; SIGHUP reads them again",
    options: [
      { name: "tls-cert", value: "FILE", text: "the server's certificate, with its chain" },
      { name: "tls-key", value: "FILE", text: "its private key; may be the same file" },
      {
        name: "tls-passphrase-file",
        value: "FILE",
        text: "the passphrase of an encrypted key (or COMQTT_TLS_PASSPHRASE)",
      },
      { name: "tls-ca", value: "FILE", text: "clients must have a certificate of this authority" },
    ],
  },
  {
    title: "Who may connect: without this everyone",
    options: [
      {
        name: "users",
        value: "FILE",
        text: "only users with a password: lines name:hash, as comqtt passwd and\n" +
          "mosquitto_passwd write them; read again when it changes",
      },
    ],
  },
  {
    title: "Where data is kept: without any of these in memory, until the program ends",
    options: [
      {
        name: "data",
        value: "DIR",
        text: "sessions, queues and retained messages are kept in DIR/comqtt.db",
      },
      { name: "storage-type", value: "TYPE", text: "memory, sqlite (default with --data) or redis" },
      {
        name: "storage-sync",
        value: "SYNC",
        text: "what an acknowledged message survives: normal (default): the end of the\n" +
          "process; full: a power failure as well; off: nothing for certain",
      },
      {
        name: "storage-url",
        value: "URL",
        text: "of the Redis server, redis://host:port (with a password better as a\nvariable)",
      },
    ],
  },
  {
    title: "Whom comqtt explain is about, when nobody with that client id is there; and what it asks",
    options: [
      { name: "user", value: "NAME", ofCommand: true, text: "a user name" },
      { name: "address", value: "ADDR", ofCommand: true, text: "where the client comes from, ip:port" },
      { name: "listener", value: "ID", ofCommand: true, text: "through which listener" },
      { name: "mqtt", value: "VERSION", ofCommand: true, text: "3 (MQTT 3.1), 4 (3.1.1) or 5; default 5" },
      { name: "qos", value: "QOS", ofCommand: true, text: "of the publish or the subscription; default 1" },
      { name: "retain", ofCommand: true, text: "the message is to be retained" },
    ],
  },
  {
    title: "The rest",
    options: [
      {
        name: "conf",
        value: "FILE",
        repeatable: true,
        text:
          "settings in YAML, or a directory with such files; options and the\nenvironment go before it, later files before earlier ones",
      },
      { name: "log-level", value: "LEVEL", text: "debug, info, warn, error or off; default info" },
      { name: "log-format", value: "FORMAT", text: "text, or json for machines; default text" },
      { name: "log-file", value: "FILE", text: "the log is written into FILE as well, which is rotated" },
      {
        name: "out",
        value: "FILE",
        ofCommand: true,
        text: "config migrate: the file to write, which must not be there yet;\ndefault standard output",
      },
      {
        name: "sock",
        value: "PATH",
        ofCommand: true,
        text: "commands that ask a running broker: its socket; default comqtt.sock in\n--data DIR",
      },
      {
        name: "url",
        value: "URL",
        ofCommand: true,
        text: "healthcheck: an HTTP listener of the broker, http://127.0.0.1:8080",
      },
      {
        name: "for",
        value: "TIME",
        ofCommand: true,
        text: "ban add: how long, such as 30m or 7d; default until it is removed",
      },
      { name: "reason", value: "TEXT", ofCommand: true, text: "ban add: why" },
      { name: "json", text: "inspect, explain, config show, ban list: as JSON, for programs" },
      { name: "version", short: "V", text: "the version of this program and of what runs it" },
      { name: "help", short: "h", text: "this text" },
    ],
  },
];

export const options: readonly Option[] = optionGroups.flatMap((group) => group.options);

const byName = new Map(options.map((option) => [option.name, option]));

/** One of the table. */
export function optionNamed(name: string): Option | undefined {
  return byName.get(name);
}
