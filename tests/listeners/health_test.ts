/** The health check: what it answers, plain and over TLS. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AllowAll, ListenerError, Server } from "../../mod.ts";
import { HealthListener } from "../../src/listeners/health.ts";
import { Client, connectTcp, connectTls } from "../runtime/client.ts";
import { fixture } from "../runtime/transports.ts";

const timeout = 20_000;
const tls = { cert: fixture("server.crt"), key: fixture("server.key") };
const address = "127.0.0.1:0";

/** The whole answer, as it is on the wire. */
async function raw(listener: HealthListener, request: string): Promise<string> {
  const socket = listener.protocol === "https"
    ? await connectTls(listener.address, { ca: fixture("authority.crt") })
    : await connectTcp(listener.address);
  const client = new Client(socket);
  client.send(new TextEncoder().encode(`${request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
  await client.until(() => client.ended || client.closed);
  client.reset();
  return new TextDecoder().decode(client.bytes());
}

for (const kind of ["http", "https"] as const) {
  describe(`health listener over ${kind}`, () => {
    it("answers GET and HEAD of one path only", { timeout }, async () => {
      const listener = new HealthListener({ id: "h", address, ...(kind === "https" ? { tls } : {}) });
      assert.equal(listener.protocol, kind);
      await using server = new Server();
      server.addHook(new AllowAll());
      await server.addListener(listener);
      await server.serve();
      for (const method of ["GET", "HEAD"]) {
        const answer = await raw(listener, `${method} /healthcheck`);
        assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
        assert.match(answer, /\r\ncontent-length: 0\r\n/i);
        assert.match(answer, /\r\n\r\n$/);
      }
      assert.match(await raw(listener, "GET /healthcheck?now"), /^HTTP\/1\.1 200 /);
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
        const answer = await raw(listener, `${method} /healthcheck`);
        assert.match(answer, /^HTTP\/1\.1 405 /);
        assert.match(answer, /\r\nallow: GET, HEAD\r\n/i);
      }
      for (const path of ["/", "/healthcheck/", "/healthcheck/x", "/%68ealthcheck2"]) {
        assert.match(await raw(listener, `GET ${path}`), /^HTTP\/1\.1 404 /);
      }
    });
  });
}

describe("health listener", () => {
  it("answers at another path when told so", { timeout }, async () => {
    await using server = new Server();
    const listener = new HealthListener({ id: "h", address, path: "/live" });
    await server.addListener(listener);
    await server.serve();
    assert.match(await raw(listener, "GET /live"), /^HTTP\/1\.1 200 /);
    assert.match(await raw(listener, "GET /healthcheck"), /^HTTP\/1\.1 404 /);
  });

  it("refuses a path without a slash", () => {
    assert.throws(
      () => new HealthListener({ id: "h", address, path: "live" }),
      new ListenerError('Invalid path "live" of listener "h": it must begin with a slash', {
        code: "listener-invalid",
      }),
    );
  });
});
