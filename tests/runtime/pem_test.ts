/** PEM as it comes out of editors, mail programs and other people's tools. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { PemError, readPem, writePem } from "../../src/runtime/tls/pem.ts";
import { fixture } from "./transports.ts";

const one = fixture("server.crt");
const two = fixture("renewed.crt");
const key = fixture("server.key");

describe("pem: what stands around and between the blocks does not matter", () => {
  const expected = [...readPem(one), ...readPem(two), ...readPem(key)];
  const attributes = "Bag Attributes\n    localKeyID: 01 02\nsubject=CN = localhost\n";
  const texts: Record<string, string> = {
    "as it is written": one + two + key,
    "certificates glued together on one line": one.trimEnd() + two.trimEnd() + key.trimEnd(),
    "a byte order mark": `\uFEFF${one}${two}${key}`,
    "CRLF": (one + two + key).replaceAll("\n", "\r\n"),
    "CR": (one + two + key).replaceAll("\n", "\r"),
    "text before each block": attributes + one + attributes + two + attributes + key,
    "text after the last block": `${one}${two}${key}\0\x1a-- \nregards -----`,
    "lines that are indented, with blanks at their ends": (one + two + key).replaceAll("\n", "  \n\t "),
    "everything on one line": (one + two + key).replaceAll("\n", " "),
    "line ends written out": (one + two + key).replaceAll("\n", "\\n"),
    "lines of another length": [one, two, key].map((pem) => {
      const [head = "", ...lines] = pem.trimEnd().split("\n");
      const last = lines.pop()!;
      return `${head}\n${lines.join("")}\n${last}\n`;
    }).join(""),
  };
  for (const [name, text] of Object.entries(texts)) {
    it(name, () => {
      assert.deepEqual(readPem(text), expected);
      assert.equal(readPem(text).map(writePem).join(""), one + two + key);
    });
  }
});

describe("pem: reading", () => {
  it("headers of a key that is encrypted in the old way are kept", () => {
    const text = fixture("server_legacy.key");
    assert.equal(readPem(text)[0]!.headers.get("proc-type"), "4,ENCRYPTED");
    assert.equal(readPem(text).map(writePem).join(""), text);
  });

  it("text that is no PEM has no blocks", () => {
    for (const text of ["", "x", "-----BEGIN", "----BEGIN X----\nAAAA\n----END X----"]) {
      assert.deepEqual(readPem(text), []);
    }
  });

  const broken: [string, string, RegExp][] = [
    ["the end is missing", one.slice(0, 200), /^is cut off: the line -----END CERTIFICATE----- is missing$/],
    ["the end of the first is missing", one.slice(0, 200) + two, /^is cut off/],
    ["the end is of another kind", one.replace("END CERTIFICATE", "END PRIVATE KEY"), /^is cut off/],
    ["the first line is cut", "-----BEGIN CERTIF", /^is damaged: a line with -----BEGIN is not complete$/],
    [
      "nothing in it",
      "-----BEGIN X-----\n-----END X-----",
      /^is damaged: what stands after -----BEGIN X-----/,
    ],
    ["a foreign character", one.replace("MII", "M!I"), /is not base64$/],
  ];
  for (const [name, text, message] of broken) {
    it(name, () => {
      assert.throws(() => readPem(text), (error: Error) => {
        assert.ok(error instanceof PemError);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it("any text gives blocks or a PemError", () => {
    const piece = fc.oneof(
      fc.constantFrom("-----BEGIN ", "-----END ", "CERTIFICATE", "-----", "\n", "\r\n", "AAAA", "=", ": "),
      fc.string({ maxLength: 10 }),
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      try {
        readPem(pieces.join("")).map(writePem);
      } catch (error) {
        assert.ok(error instanceof PemError);
      }
    }));
  });
});
