/** What the program tells, and where it goes: the console, a file, or both. */

import type { LogSetting } from "../../config/log.ts";
import { systemClock } from "../../core/clock.ts";
import type { EventCode } from "../../core/codes.ts";
import { EventLog } from "../../core/event_log.ts";
import type { Log, LogEvent, LogFields, LogLevel } from "../../core/log.ts";
import type { PartialServerOptions } from "../../core/options.ts";
import { JOURNAL_PRIORITY, jsonLine, Stamps, textLine } from "../../core/log/line.ts";
import { quoted } from "../../core/quoted.ts";
import { onExit } from "../../runtime/output/exit.ts";
import { errorOutputIsJournal } from "../../runtime/output/journal.ts";
import { setInterval } from "../../runtime/timers.ts";
import { Console } from "./console.ts";
import type { LogFile } from "./log_file.ts";
import { type Lost, Pump, type Target } from "./pump.ts";

/** Between two looks at what was counted instead of told. */
const TICK_MS = 1000;
/** Characters of the path of the log. */
const LONGEST_PATH = 300;

type Format = (time: number, level: LogLevel, text: string, event: LogEvent) => string;

/** Where lines go. */
interface Output {
  readonly name: string;
  readonly pump: Pump;
  readonly format: Format;
}

type LogFiles = typeof import("./log_file.ts");

export class ProgramLog {
  /** Of the program itself; a server makes its own of `log`. */
  readonly events: EventLog;
  #setting: LogSetting;
  readonly #stamps: Stamps = new Stamps();
  readonly #journal: boolean = errorOutputIsJournal();
  readonly #console: Output;
  readonly #file: Output | null = null;
  readonly #logFile: LogFile | null = null;
  /** What is said on standard output stands in the file as well. */
  readonly #besides: EventLog;
  readonly #said: Pump;

  private constructor(setting: LogSetting, files: LogFiles | null) {
    this.#setting = setting;
    this.#console = this.#output("the console", new Console(2), this.#consoleFormat());
    this.#said = this.#pump(new Console(1), () => null, () => {});
    const { file, level, levels } = setting;
    if (file !== null && files !== null) {
      this.#logFile = new files.LogFile(file, {
        now: Date.now,
        monotonic: () => systemClock.monotonic(),
        notRotated: (error) =>
          this.events.note("log-rotation-failed", { detail: quotedPath(file.path), error }),
      });
      this.#file = this.#output(`the file ${quotedPath(file.path)}`, this.#logFile, this.#fileFormat());
    }
    this.events = new EventLog(this.log, level, systemClock, levels);
    this.#besides = new EventLog(
      (...line) => this.#file?.pump.push(this.#file.format(Date.now(), ...line)),
      level,
      systemClock,
      levels,
    );
    setInterval(() => this.events.tick(), TICK_MS).unref();
    onExit(() => this.#lastWords());
  }

  /** What belongs to files is loaded when there is one. */
  static async open(setting: LogSetting): Promise<ProgramLog> {
    return new ProgramLog(setting, setting.file === null ? null : await import("./log_file.ts"));
  }

  /** For a server whose log it is. */
  get options(): Required<Pick<PartialServerOptions, "log" | "logLevel" | "logLevels">> {
    const { level, levels } = this.#setting;
    return { log: this.log, logLevel: level, logLevels: levels };
  }

  /** Other levels from now on, for lines of the program; the server is told by itself. */
  setLevels({ level, levels }: Pick<LogSetting, "level" | "levels">): void {
    this.#setting = { ...this.#setting, level, levels };
    this.events.setLevels(level, levels);
    this.#besides.setLevels(level, levels);
  }

  /** Takes every line it is given: what is below the level is not even made. */
  readonly log: Log = (level, text, event) => {
    push(this.#outputs(), level, text, event);
  };

  /** Something about the program that people who start it want to see: `line` on standard output, unless that is JSON. */
  say(line: string, code: EventCode, fields: LogFields = { detail: line }): void {
    if (this.#setting.console && this.#setting.format === "json") {
      this.events.note(code, fields);
      return;
    }
    this.#said.push(`${line}\n`);
    this.#besides.note(code, fields);
  }

  /** Nothing comes of it; `lines` say why. */
  async fail(lines: string, milliseconds: number): Promise<void> {
    const fields = { detail: lines };
    if (this.#setting.console && this.#setting.format === "json") this.events.note("start-failed", fields);
    else {
      // (Its own lines come first.)
      this.#console.pump.push(`${this.#journal ? JOURNAL_PRIORITY.error : ""}comqtt: ${lines}\n`);
      this.#besides.note("start-failed", fields);
    }
    await this.end(milliseconds);
  }

  /** Somebody has moved the file. False: there is none. */
  reopen(): boolean {
    this.#logFile?.reopen();
    return this.#logFile !== null;
  }

  /** What is not written is written now; outputs that take nothing are waited for no longer than that. */
  async end(milliseconds: number): Promise<void> {
    this.events.end();
    const pumps = [this.#said, this.#console.pump, ...(this.#file === null ? [] : [this.#file.pump])];
    await Promise.all(pumps.map((pump) => pump.flush(milliseconds)));
  }

  #outputs(): Output[] {
    return [...(this.#setting.console ? [this.#console] : []), ...(this.#file === null ? [] : [this.#file])];
  }

  #output(name: string, target: Target, format: Format): Output {
    const lost = (what: Lost): string | null => this.#lostLine(name, what, format);
    const output = { name, format, pump: this.#pump(target, lost, (why) => this.#stuck(output, why)) };
    return output;
  }

  #pump(target: Target, lostLine: (lost: Lost) => string | null, stuck: (why: string) => void): Pump {
    return new Pump(target, { monotonic: () => systemClock.monotonic(), lostLine, stuck });
  }

  #lostLine(name: string, { lines, seconds, why }: Lost, format: Format): string | null {
    let line: string | null = null;
    const { level, levels } = this.#setting;
    const log = new EventLog((...given) => line = format(Date.now(), ...given), level, systemClock, levels);
    const detail = `${lines} in ${seconds} s, ${name} took none: ${why}`;
    log.note("log-lines-lost", { detail, times: lines });
    return line;
  }

  /** Said where lines still go; on the console also if it is no output of the log. */
  #stuck(stuck: Output, why: string): void {
    const others = this.#outputs().filter((output) => output !== stuck);
    const told = others.length > 0 || stuck === this.#console ? others : [this.#console];
    const log: Log = (...line) => push(told, ...line);
    const { level, levels } = this.#setting;
    new EventLog(log, level, systemClock, levels).note("log-not-written", { detail: stuck.name, error: why });
  }

  #consoleFormat(): Format {
    const { format, times } = this.#setting;
    const timeless = times === "never" || (times === "auto" && this.#journal && format === "text");
    const plain = this.#formatWith(timeless);
    return this.#journal
      ? (time, level, ...line) => JOURNAL_PRIORITY[level] + plain(time, level, ...line)
      : plain;
  }

  #fileFormat(): Format {
    return this.#formatWith(this.#setting.times === "never");
  }

  #formatWith(timeless: boolean): Format {
    const stamp = (time: number): string | null => timeless ? null : this.#stamps.of(time);
    return this.#setting.format === "json"
      ? (time, level, _text, event) => jsonLine(stamp(time), level, event)
      : (time, level, text) => textLine(stamp(time), level, text);
  }

  #lastWords(): void {
    for (const { pump } of this.#outputs()) pump.lastWords();
    this.#said.lastWords();
  }
}

/** With the same time everywhere. */
function push(outputs: readonly Output[], ...line: Parameters<Log>): void {
  const time = Date.now();
  for (const { pump, format } of outputs) pump.push(format(time, ...line));
}

function quotedPath(path: string): string {
  return quoted(path, LONGEST_PATH);
}
