/** `comqtt passwd`: at a terminal, with a password handed over, and what becomes of the file. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { usersIn } from "../../hooks/auth/users/list.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { needs } from "../harness/needs.ts";
import { commandLine, Program, type Surroundings } from "../harness/program.ts";
import { run } from "../harness/run.ts";

interface Said {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** One folder and file for a test. */
class Folder {
  readonly path: string = temporaryFolder();
  readonly file: string = join(this.path, "users");

  get text(): string {
    return readFileSync(this.file, "latin1");
  }

  async passwd(
    args: readonly string[],
    input: string | Uint8Array = "",
    around: Surroundings = {},
  ): Promise<Said> {
    const { code, output, errors } = await Program.run(["passwd", ...args, "--users", this.file], {
      ...around,
      input,
    });
    return { code, output, errors };
  }

  /** It did that, and said so. */
  async does(args: readonly string[], input: string | Uint8Array, said: RegExp): Promise<void> {
    const { code, output, errors } = await this.passwd(args, input);
    assert.equal(code, 0, errors);
    assert.match(output, said);
    assert.equal(errors, "");
  }

  /** It ended with 1 and one line, and the file is what it was. */
  async refuses(args: readonly string[], input: string | Uint8Array, line: RegExp): Promise<void> {
    const before = existsSync(this.file) ? this.text : null;
    const { code, output, errors } = await this.passwd(args, input);
    assert.equal(code, 1, output);
    assert.equal(output, "");
    assert.match(errors, line);
    assert.equal(errors.split("\n").length, 2, errors);
    assert.equal(existsSync(this.file) ? this.text : null, before);
  }

  async right(name: string, password: string | Uint8Array): Promise<boolean> {
    const user = (await usersIn("f", readFileSync(this.file))).get(name)!;
    return await user.hash.verify(
      typeof password === "string" ? new TextEncoder().encode(password) : password,
    );
  }
}

test("passwd: add, verify, list, remove", async () => {
  const here = new Folder();
  await here.does(["add", "anna"], "secret\n", /^"anna" is a new user in ".*users"\n$/);
  assert.match(here.text, /^anna:\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}\n$/);
  assert.equal(statSync(here.file).mode & 0o7777, 0o600);
  await here.does(["verify", "anna"], "secret\n", /^That is the password of "anna"\n$/);
  await here.refuses(["verify", "anna"], "Secret\n", /^comqtt: That is not the password of "anna"\n$/);
  writeFileSync(here.file, `# first\r\n\r\n${here.text}`);
  await here.does(["add", "bert"], "geheim", /new user/);
  await here.does(["add", "anna"], "other\r\n", /^"anna" has another password in /);
  assert.match(here.text, /^# first\r\n\r\nanna:\$\S+\nbert:\$\S+\r\n$/);
  assert.ok(await here.right("anna", "other") && !await here.right("anna", "secret"));
  await here.does(["list"], "", /^anna {2}argon2id\nbert {2}argon2id\n$/);
  await here.does(["remove", "anna"], "", /^"anna" is no user in ".*" any more\n$/);
  assert.match(here.text, /^# first\r\n\r\nbert:\$\S+\r\n$/);
  assert.deepEqual(readdirSync(here.path), ["users"]);
});

test("passwd: what is handed over counts to its last byte, but for one line end", async () => {
  const here = new Folder();
  const passwords: readonly (readonly [string | Uint8Array, string | Uint8Array, RegExp])[] = [
    ["päss wörd \n", "päss wörd ", /"\n$/],
    ["a\n\n", "a\n", /; there is a line break in the password\n$/],
    ["a\r\nb\r\n", "a\r\nb", /; there is a line break/],
    [
      Uint8Array.of(0, 255, 128, 0, 1),
      Uint8Array.of(0, 255, 128, 0, 1),
      /; there is a zero byte in the password\n$/,
    ],
    [new Uint8Array(65_535).fill(120), new Uint8Array(65_535).fill(120), /"\n$/],
  ];
  for (const [i, [given, counts, said]] of passwords.entries()) {
    await here.does(["add", `u${i}`], given, said);
    assert.ok(await here.right(`u${i}`, counts), `${i}`);
    await here.does(["verify", `u${i}`], given, /^That is/);
  }
});

test("passwd: other lines, owner, mode and a broken file are left as they are", async () => {
  const here = new Folder();
  const before = "# \xff\xfe\nold:plain\n\n  bert : $7$broken \nanna:x";
  writeFileSync(here.file, before, "latin1");
  chmodSync(here.file, 0o640);
  const { code, output } = await here.passwd(["add", "cleo"], "secret");
  assert.equal(code, 0);
  assert.match(
    output,
    /^"cleo" is a new user .*\nbut it cannot be used:\n\S+users:2: .*"old".*\n\S+:4: .*"bert".*\n\S+:5: .*"anna"/,
  );
  assert.match(
    here.text,
    /^# \xff\xfe\nold:plain\n\n {2}bert : \$7\$broken \nanna:x\ncleo:\$argon2id\$\S+\n$/,
  );
  assert.equal(statSync(here.file).mode & 0o7777, 0o640);
  for (const name of ["old", "bert", "anna"]) assert.equal((await here.passwd(["remove", name])).code, 0);
  await here.does(["list"], "", /^cleo {2}argon2id\n$/);
});

test("passwd: what cannot be is said in one line, and nothing is changed", async () => {
  const here = new Folder();
  await here.refuses(
    ["list"],
    "",
    /^comqtt: There is no file ".*users"; comqtt passwd add NAME --users FILE makes one\n$/,
  );
  await here.refuses(["remove", "anna"], "", /^comqtt: There is no file/);
  await here.refuses(["verify", "anna"], "x", /^comqtt: There is no file/);
  await here.does(["add", "anna"], "secret", /new/);
  await here.refuses(["remove", "bert"], "", /^comqtt: There is no user "bert" in ".*users"\n$/);
  await here.refuses(["verify", "bert"], "x", /^comqtt: There is no user "bert"/);
  await here.refuses(["add", "bert"], "", /^comqtt: Cannot use an empty password\n$/);
  await here.refuses(["add", "bert"], "\n", /^comqtt: Cannot use an empty password\n$/);
  await here.refuses(
    ["add", "bert"],
    "x".repeat(65_536),
    /^comqtt: Cannot use a password of more than the 65535 bytes/,
  );
  await here.refuses(
    ["add", "bert"],
    "x".repeat(200_000),
    /^comqtt: Cannot use a password of more than the 65535 bytes/,
  );
  for (const name of ["a:b", "#a", " a", "a\nb"]) {
    await here.refuses(["add", name], "x", /^comqtt: Cannot add the user ".*": /);
  }
  await here.refuses(
    ["add"],
    "",
    /^comqtt: Command "passwd add" needs more: comqtt passwd add NAME; --help shows what there is\n$/,
  );
  await here.refuses(
    ["list", "anna"],
    "",
    /^comqtt: Command "passwd list" takes no "anna": comqtt passwd list *; --help shows what there is\n$/,
  );
  await here.refuses(
    ["lsit"],
    "",
    /^comqtt: Unknown command "passwd lsit", did you mean "passwd list"; --help shows what there is\n$/,
  );
  await here.refuses(
    [],
    "",
    /^comqtt: Unknown command "passwd", expected one of passwd add, .*; --help shows what there is\n$/,
  );
  writeFileSync(here.file, `${here.text}${here.text}`);
  await here.refuses(
    ["add", "anna"],
    "x",
    /^comqtt: Cannot change the user "anna": lines 1 and 2 both have it; /,
  );
  await here.does(["remove", "anna"], "", /no user/);
  assert.equal(here.text, "");
  const nowhere = await Program.run(["passwd", "list"]);
  assert.equal(
    nowhere.errors,
    "comqtt: No file of users is named, expected --users FILE, COMQTT_USERS, or users in the file of --conf\n",
  );
  const folder = await Program.run(["passwd", "add", "anna", "--users", join(here.path, "no/users")], {
    input: "x",
  });
  assert.match(folder.errors, /^comqtt: Cannot change ".*users": there is no folder ".*no"\n$/);
});

test("passwd: the file is the one that the broker would use", async () => {
  const here = new Folder();
  const conf = join(here.path, "comqtt.yml");
  writeFileSync(conf, `users: ${here.file}\n`);
  const ways: readonly (readonly [string[], Record<string, string>])[] = [
    [["--conf", conf], {}],
    [[], { COMQTT_USERS: here.file }],
    [[], { COMQTT_USERS: "~/users", HOME: here.path }],
  ];
  for (const [i, [args, variables]] of ways.entries()) {
    const { code, errors } = await Program.run(["passwd", "add", `~/u${i}`, ...args], {
      variables,
      input: "x",
    });
    assert.equal(code, 0, errors);
    assert.ok(here.text.includes(`~/u${i}:$argon2id$`));
  }
});

test("passwd: of several at once none loses what another did", async () => {
  const here = new Folder();
  const names = ["a", "b", "c", "d", "e"];
  for (const { code, errors } of await Promise.all(names.map((name) => here.passwd(["add", name], name)))) {
    assert.equal(code, 0, errors);
  }
  assert.deepEqual(here.text.match(/^\w/gm)!.toSorted(), names);
});

const terminal = needs("python3", spawnSync("python3", ["-c", "import pty, termios"]).status === 0);
const script = fileURLToPath(new URL("terminal.py", import.meta.url));

interface Screen {
  readonly screen: string;
  readonly code: number | null;
  readonly states: readonly TerminalState[];
  readonly after: TerminalState;
}

interface TerminalState {
  readonly echo: boolean;
  readonly lines: boolean;
  readonly keys: boolean;
}

type Step = readonly [wanted: string, typed: string | { readonly signal: number }];

async function at(args: readonly string[], steps: readonly Step[]): Promise<Screen> {
  const given = JSON.stringify({ command: [...commandLine(), "passwd", ...args], steps });
  const ran = await run("python3", [script, given], { patience: 60_000 });
  assert.equal(ran.code, 0, ran.errors);
  const screen = JSON.parse(ran.output) as Screen;
  for (const { echo, lines } of screen.states) {
    assert.deepEqual({ echo, lines }, { echo: false, lines: false });
  }
  assert.deepEqual(screen.after, { echo: true, lines: true, keys: true }, screen.screen);
  return screen;
}

const first = 'Password of "anna": ';
const second = 'Once more of "anna": ';

test("passwd: at a terminal it asks twice, and shows nothing of what is typed", terminal, async () => {
  const here = new Folder();
  const add = ["add", "anna", "--users", here.file];
  const { screen, code } = await at(add, [[first, "sekret\x7f\x7f\x7f\x7fcret\r"], [
    second,
    "nonsense\x15sec\xc3\xa4\x7fret\r",
  ]]);
  assert.equal(code, 0, screen);
  assert.equal(screen, `${first}\r\n${second}\r\n"anna" is a new user in ${JSON.stringify(here.file)}\r\n`);
  assert.ok(await here.right("anna", "secret"));
  const verified = await at(["verify", "anna", "--users", here.file], [[first, "secret\r"]]);
  assert.equal(verified.code, 0);
  assert.match(verified.screen, /That is the password of "anna"\r\n$/);
  const pasted = await at(add, [[first, "both at once\rboth at once\r"]]);
  assert.equal(pasted.code, 0);
  assert.ok(await here.right("anna", "both at once"));
});

const endings: readonly (readonly [string, readonly Step[], number, RegExp])[] = [
  [
    "two that differ",
    [[first, "a\r"], [second, "b\r"]],
    1,
    /comqtt: The two passwords differ, nothing was changed\r\n$/,
  ],
  ["nothing", [[first, "\r"], [second, "\r"]], 1, /comqtt: Cannot use an empty password\r\n$/],
  ["Ctrl-C", [[first, "abc\x03"]], 130, /: \r\n$/],
  ["Ctrl-C the second time", [[first, "abc\r"], [second, "a\x03"]], 130, /: \r\n$/],
  ["Ctrl-D", [[first, "\x04"]], 1, /: \r\n$/],
  ["SIGINT", [[first, { signal: 2 }]], 130, /: \r\n$/],
  ["SIGTERM", [[first, { signal: 15 }]], 143, /: \r\n$/],
];

for (const [what, steps, wanted, last] of endings) {
  test(`passwd: ${what} changes nothing, and leaves the terminal as it was`, terminal, async () => {
    const here = new Folder();
    const { code, screen } = await at(["add", "anna", "--users", here.file], steps);
    assert.equal(code, wanted, screen);
    assert.match(screen, last);
    assert.doesNotMatch(screen, /abc/);
    assert.deepEqual(readdirSync(here.path), []);
  });
}

test("cli passwd: a file that is no file of users stays as it is", async () => {
  const file = join(temporaryFolder(), "ledger.yml");
  const text = "auth:\n  - username: anna\n    password: secret\n    allow: true\n";
  writeFileSync(file, text);
  const { code, errors, output } = await Program.run(["passwd", "add", "bert", "--users", file], {
    input: "x",
  });
  assert.equal(code, 1, output);
  assert.match(errors, /^comqtt: Cannot use ".*ledger\.yml" as a file of users: no line of it is name:hash/);
  assert.equal(errors.split("\n").length, 2, errors);
  assert.equal(readFileSync(file, "utf8"), text);
});
