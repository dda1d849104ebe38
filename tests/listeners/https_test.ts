/** HTTPS listeners: client certificates, a reload under way, connections that never finish their handshake. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type tls from "node:tls";
import { HttpListener } from "../../src/listeners/http.ts";
import type { TlsFiles } from "../../src/listeners/tls_files.ts";
import { until } from "../harness/time.ts";
import { Client, connectTcp, connectTls } from "../runtime/client.ts";
import { fixture } from "../runtime/transports.ts";
import { Host } from "./host.ts";

const timeout = 20_000;
const server: TlsFiles = { cert: fixture("server.crt"), key: fixture("server.key") };
const trusting = { ca: fixture("authority.crt") };
const device = { cert: fixture("device.crt"), key: fixture("device.key") };
const stranger = { cert: fixture("stranger.crt"), key: fixture("stranger.key") };
const get = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");

async function opened(tls: Partial<TlsFiles> = {}): Promise<HttpListener> {
  const listener = new HttpListener({
    id: "h1",
    address: "127.0.0.1:0",
    tls: { ...server, ...tls },
    handler: () => new Response("fetched"),
  });
  await listener.open(new Host());
  return listener;
}

/** What comes back for a request; empty when the connection is refused. */
async function answer(listener: HttpListener, options: tls.ConnectionOptions): Promise<string> {
  try {
    const client = new Client(await connectTls(listener.address, { ...trusting, ...options }));
    client.send(get);
    await client.until(() => client.receivedBytes > 0 || client.closed);
    const text = new TextDecoder().decode(client.bytes());
    client.reset();
    return text;
  } catch {
    return "";
  }
}

describe("https listener", () => {
  it("requireClientCert lets only holders of a trusted certificate in", { timeout }, async () => {
    const listener = await opened({ ca: trusting.ca, requireClientCert: true });
    assert.match(await answer(listener, device), /fetched/);
    assert.equal(await answer(listener, stranger), "");
    assert.equal(await answer(listener, {}), "");
    await listener.close();
  });

  it("requestClientCert refuses nobody", { timeout }, async () => {
    const listener = await opened({ ca: trusting.ca, requestClientCert: true });
    for (const options of [device, stranger, {}]) assert.match(await answer(listener, options), /fetched/);
    await listener.close();
  });

  it("minVersion is kept, also after a reload", { timeout }, async () => {
    const listener = await opened({ minVersion: "TLSv1.3" });
    const old = { maxVersion: "TLSv1.2" } as const;
    assert.equal(await answer(listener, old), "");
    await listener.reload();
    assert.equal(await answer(listener, old), "");
    assert.match(await answer(listener, {}), /fetched/);
    await listener.close();
  });

  it("a reload leaves open connections as they are", { timeout }, async () => {
    const listener = await opened();
    const client = new Client(await connectTls(listener.address, trusting));
    await listener.reload();
    client.send(get);
    await client.until(() => /fetched/.test(new TextDecoder().decode(client.bytes())));
    client.reset();
    await listener.close();
  });

  it("close ends connections in their handshake", { timeout }, async () => {
    const listener = await opened();
    const client = new Client(await connectTcp(listener.address));
    client.send(Uint8Array.of(0x16));
    // Who came later has been served: so the first has been accepted.
    assert.match(await answer(listener, {}), /fetched/);
    await listener.close();
    // (The time for a handshake is longer than this waits.)
    await until(() => client.ended || client.closed, "the end of the handshake");
    client.reset();
  });
});
