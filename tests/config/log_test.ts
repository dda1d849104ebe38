/** How the log is written: every way to say it, and what it means. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAll } from "../../src/cli/all_options.ts";
import { configure } from "../../src/cli/configure.ts";
import { fileLayer } from "../../src/config/file.ts";
import { logChoice, type LogSetting, type LogValues } from "../../src/config/log.ts";
import { nativeText } from "../../src/config/native_text.ts";

const MIB = 1 << 20;
const DAY_MS = 86_400_000;

interface Sources {
  readonly file?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** What comes of all of it. */
async function settingOf({ file, variables = {}, args = [] }: Sources): Promise<LogSetting> {
  if (file !== undefined) {
    const { layer, problems } = fileLayer({ file: "a.yml", text: file });
    assert.deepEqual(problems, []);
    return logChoice(layer.found.values.log);
  }
  const { given } = parseAll(args);
  const { configuration } = await configure(given, new Map(Object.entries(variables)), "/home/me");
  return logChoice(configuration.values.log);
}

function problemsOf(text: string): string[] {
  return fileLayer({ file: "a.yml", text }).problems.map(({ severity, where, message }) =>
    `${severity} ${where.slice("a.yml:".length)} ${message}`
  );
}

test("log settings: by default text on the console, from info on", async () => {
  const { levels, ...rest } = await settingOf({});
  assert.deepEqual({ ...rest, levels: { ...levels } }, {
    level: "info",
    levels: {},
    format: "text",
    times: "auto",
    console: true,
    file: null,
  });
});

test("log settings: a file that is named is written besides the console, with bounds", async () => {
  const expected = {
    path: "/var/log/a.log",
    maxSize: 100 * MIB,
    maxAge: 30 * DAY_MS,
    maxBackups: 10,
    compress: false,
  };
  const said: Sources[] = [
    { args: ["--log-file", "/var/log/a.log"] },
    { variables: { COMQTT_LOG_FILE: "/var/log/a.log" } },
    { file: "log: { file: /var/log/a.log }" },
    { file: "log: { filename: /var/log/a.log, maxsize: 0, maxbackups: 10 }" },
  ];
  for (const sources of said) {
    const { file, console } = await settingOf(sources);
    assert.deepEqual([file, console], [expected, true], JSON.stringify(sources));
  }
});

test("log settings: comqtt's keys in both spellings, and ours, mean the same", async () => {
  const texts = [
    "log: { enable: true, format: 1, output: 1, filename: x.log, maxsize: 5, maxage: 3, maxbackups: 2, compress: true, level: 4 }",
    "log: { enable: true, format: 1, output: 1, filename: x.log, max-size: 5, max-age: 3, max-backups: 2, compress: true, level: 4 }",
    "log: { format: json, output: file, file: x.log, maxSize: 5MiB, maxAge: 3d, maxBackups: 2, compress: true, level: warn }",
    "log: { format: json, output: file, file: x.log, max-size: 5MiB, max-age: 72h, max-backups: 2, compress: 1, level: warn }",
  ];
  for (const file of texts) {
    const { levels, ...rest } = await settingOf({ file });
    assert.deepEqual({ ...rest, levels: { ...levels } }, {
      level: "warn",
      levels: {},
      format: "json",
      times: "auto",
      console: false,
      file: { path: "x.log", maxSize: 5 * MIB, maxAge: 3 * DAY_MS, maxBackups: 2, compress: true },
    }, file);
  }
});

test("log settings: comqtt's numbers for the level and the output", async () => {
  for (const [number, level] of [[-4, "debug"], [0, "info"], [4, "warn"], [8, "error"]] as const) {
    assert.equal((await settingOf({ file: `log: { level: ${number} }` })).level, level);
  }
  for (const [output, console, file] of [[0, true, false], [1, false, true], [2, true, true]] as const) {
    const setting = await settingOf({ file: `log: { output: ${output}, filename: a.log }` });
    assert.deepEqual([setting.console, setting.file !== null], [console, file]);
  }
});

test("log settings: enable: false is no line at all, whatever the level", async () => {
  assert.equal((await settingOf({ file: "log: { enable: false }" })).level, "off");
  assert.equal((await settingOf({ file: "log: { level: off }" })).level, "off");
  assert.equal((await settingOf({ args: ["--log-level", "off"] })).level, "off");
  assert.equal((await settingOf({ file: "log: { enable: false, level: 0 }" })).level, "off");
});

test("log settings: levels of components, as a mapping and as one text", async () => {
  const levels = { storage: "debug", "hook:ledger": "warn", hook: "off" };
  const said: Sources[] = [
    { file: "log:\n  levels:\n    storage: debug\n    hook:ledger: warn\n    hook: off\n" },
    { file: "log: { levels: 'storage=debug, hook:ledger=warn,hook=off' }" },
    { variables: { COMQTT_LOG_LEVELS: "storage=-4,hook:ledger=4,hook=off" } },
  ];
  for (const sources of said) assert.deepEqual({ ...(await settingOf(sources)).levels }, levels);
});

test("log settings: a component nobody knows, and wrong values, are errors with their place", () => {
  const levels =
    "levels such as storage=debug,auth=warn of connection, session, auth, listener, storage, hook, broker, " +
    "program, config, log or hook:ID";
  assert.deepEqual(problemsOf("log: { levels: { storrage: debug, auth: loud, __proto__: info } }"), [
    `error 1:28 Cannot use "debug" for "log.levels.storrage", expected ${levels}`,
    `error 1:41 Cannot use "loud" for "log.levels.auth", expected ${levels}`,
    `error 1:58 Cannot use "info" for "log.levels.__proto__", expected ${levels}`,
  ]);
  assert.deepEqual(
    problemsOf("log: { format: xml, output: 3, max-size: 1KiB, maxage: 7m, times: sometimes }"),
    [
      'error 1:16 Cannot use "xml" for "log.format", expected text or json',
      'error 1:29 Cannot use "3" for "log.output", expected console, file or both',
      'error 1:42 Cannot use "1KiB" for "log.max-size", expected a size from 4KiB to 1TiB, or a number of megabytes, ' +
      "such as 100MiB or 100; 0 is the default",
      'error 1:56 Cannot use "7m" for "log.maxage", expected a duration from 1h to 3599d, or a number of days, such as ' +
      "12h or 30; 0 is for ever",
      'error 1:67 Cannot use "sometimes" for "log.times", expected auto, always or never',
    ],
  );
});

test("log settings: a file that nobody names is an error, also when another source might have", async () => {
  const message = 'Cannot use "both" for "log.output" without "log.file", which names the file';
  await assert.rejects(settingOf({ variables: { COMQTT_LOG_OUTPUT: "2" } }), {
    message: `COMQTT_LOG_OUTPUT: ${message}`,
  });
  await settingOf({ variables: { COMQTT_LOG_OUTPUT: "2" }, args: ["--log-file", "a.log"] });
});

test("log settings: options go before variables, and ~/ is the home directory", async () => {
  const variables = { COMQTT_LOG_FORMAT: "text", COMQTT_LOG_FILE: "~/b.log", COMQTT_LOG_MAX_SIZE: "7" };
  const { format, file } = await settingOf({ variables, args: ["--log-format", "json"] });
  assert.deepEqual([format, file?.path, file?.maxSize], ["json", "/home/me/b.log", 7 * MIB]);
});

test("log settings: as they are written into a file they mean the same", () => {
  const values: Partial<LogValues>[] = [
    {},
    { maxSize: 0, maxAge: 0, maxBackups: 0 },
    { file: "/var/log/a b.log", output: "file", format: "json", times: "never", compress: true },
    { maxSize: 4097, maxAge: 3601, levels: ["hook:a b=debug", "storage=off"] },
    { maxSize: 5 * MIB, maxAge: 3 * 86_400 },
  ];
  for (const log of values) {
    const none = { capabilities: {}, limits: {}, abuse: {}, storage: {}, tls: {}, metrics: {} };
    const configuration = { listeners: [], values: { ...none, log }, places: new Map(), settings: new Map() };
    const { layer, problems } = fileLayer({ file: "a.yml", text: nativeText(configuration, "x", []) });
    assert.deepEqual(problems, []);
    assert.deepEqual(layer.found.values.log, log);
  }
});
