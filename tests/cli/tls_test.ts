/** The program with certificates as people have them: one file for both, encrypted, glued together; read again. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../harness/folder.ts";
import { noPorts, Program } from "../harness/program.ts";
import { connectTls } from "../runtime/client.ts";
import { fixture } from "../runtime/transports.ts";

const timeout = 60_000;
const glued = fixture("server.crt").trimEnd() + fixture("server_des3.key");

async function serial(program: Program, protocol: string, ca: string): Promise<string> {
  const socket = await connectTls(program.address(protocol), { ca: fixture(ca) });
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber.slice(-4);
}

function written(name: string, text: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

test(
  "cli tls: one encrypted file for both, and a chain that is glued together after SIGHUP",
  { timeout },
  async () => {
    const file = written("both.pem", glued);
    const passphrase = written("passphrase", "secret\n");
    await using program = await Program.start([
      ...noPorts,
      ...["--tls", "127.0.0.1:0", "--wss", "127.0.0.1:0"],
      ...["--tls-cert", file, "--tls-key", file, "--tls-passphrase-file", passphrase],
    ]);
    for (const protocol of ["tls", "wss"]) {
      assert.equal(
        await serial(program, protocol, "authority.crt"),
        "1001",
      );
    }
    writeFileSync(file, fixture("leaf.crt"));
    program.kill("SIGHUP");
    await program.until(() => program.errors.split("stays as it is").length === 3, "the refusals");
    assert.match(
      program.errors,
      /the private key ".*both\.pem" is a certificate, expected a private key \(code=listener-unchanged listener="tls" errorCode=certificate-invalid\)$/m,
    );
    assert.equal(await serial(program, "tls", "authority.crt"), "1001");
    writeFileSync(
      file,
      fixture("leaf.crt").trimEnd() + fixture("between.crt").trimEnd() + fixture("leaf.key"),
    );
    program.kill("SIGHUP");
    await program.until(() => program.errors.split("was read again").length === 3, "the new certificates");
    for (const protocol of ["tls", "wss"]) assert.equal(await serial(program, protocol, "root.crt"), "3002");
  },
);

test(
  "cli tls: an encrypted key says where its passphrase goes, and it is never shown",
  { timeout },
  async () => {
    const file = written("both.pem", glued);
    const args = [...noPorts, "--tls", "127.0.0.1:0", "--tls-cert", file, "--tls-key", file];
    const without = await Program.run(args);
    assert.equal(without.code, 1);
    assert.match(
      without.errors,
      /both\.pem" is encrypted, expected its passphrase in tls\.passphrase or tls\.passphraseFile \(--tls-passphrase-file\)$/m,
    );
    const wrong = await Program.run(args, { variables: { COMQTT_TLS_PASSPHRASE: "hunter2" } });
    assert.match(wrong.errors, /both\.pem" cannot be decrypted: its passphrase is wrong$/m);
    assert.doesNotMatch(wrong.output + wrong.errors, /hunter2/);
    await using right = await Program.start(args, { variables: { COMQTT_TLS_PASSPHRASE: "secret" } });
    assert.equal(await serial(right, "tls", "authority.crt"), "1001");
  },
);

test("cli tls: certificates in the environment, as text", { timeout }, async () => {
  await using program = await Program.start([...noPorts, "--tls", "127.0.0.1:0"], {
    variables: {
      COMQTT_TLS_CERT: fixture("server.crt"),
      COMQTT_TLS_KEY: fixture("server.key").replaceAll("\n", "\\n"),
    },
  });
  assert.equal(await serial(program, "tls", "authority.crt"), "1001");
});

test(
  "cli tls: where clients need a certificate nobody is said to connect without a password",
  { timeout },
  async () => {
    const config = join(temporaryFolder(), "config.yml");
    const tls = { cert: fixture("server.crt"), key: fixture("server.key"), ca: fixture("authority.crt") };
    const asked = { ...tls, requestClientCertificate: true };
    writeFileSync(
      config,
      JSON.stringify({
        listeners: [
          { type: "tcp", id: "required", address: ":0", tls },
          { type: "http", id: "https", address: ":0", tls },
          { type: "ws", id: "asked", address: ":0", tls: asked },
        ],
      }),
    );
    await using program = await Program.start(["--conf", config]);
    assert.doesNotMatch(program.output, /without a password/);
    await program.until(() => program.errors.includes("\n"), "the warning");
    const lines = program.errors.trimEnd().split("\n");
    assert.equal(lines.length, 1, program.errors);
    assert.match(
      lines[0]!,
      / warn Everyone who can reach \S+ \(wss\) can connect, publish and subscribe without a password \(code=open-to-everyone\)$/,
    );
    const ca = written("authority.pem", tls.ca);
    const pair = ["--tls-cert", written("server.crt", tls.cert), "--tls-key", written("server.key", tls.key)];
    await using local = await Program.start([...noPorts, "--tls", "127.0.0.1:0", ...pair, "--tls-ca", ca]);
    assert.match(
      local.output,
      /^Only this machine can connect, and only with a certificate; to let others in: --tcp :1883$/m,
    );
    await using both = await Program.start([
      ...[...noPorts, "--tls", "127.0.0.1:0", "--tcp", "127.0.0.1:0"],
      ...[...pair, "--tls-ca", ca],
    ]);
    assert.match(both.output, /^Only this machine can connect, and everyone on it without a password; /m);
  },
);
