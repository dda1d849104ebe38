/**
 * MQTT over TLS, with certificates from files.
 *
 *     TLS_CERT=server.crt TLS_KEY=server.key deno run -A examples/tls.ts
 *     mosquitto_pub -h localhost -p 8883 --cafile authority.crt -t greenhouse/temperature -m 21.5
 *
 * With TLS_CA clients need a certificate from that authority; its common name becomes their user name.
 * After SIGHUP new connections get the certificate that the files hold then.
 */

import process from "node:process";
import { type Hook, Server, TcpListener } from "@comqtt/comqtt";

const { TLS_CERT: cert = "server.crt", TLS_KEY: key = "server.key", TLS_CA: ca } = process.env;

const server = new Server();

// What a client proves with its certificate, a hook can use.
const certificates: Hook = {
  id: "certificates",
  onConnectAuthenticate(client) {
    if (client.certificate !== null) client.username = client.certificate.commonName ?? "";
    // Without TLS_CA nobody is asked for one, and everyone is let in.
    return ca === undefined || client.certificate !== null ? "allow" : "deny";
  },
  onAclCheck: () => "allow",
};
await server.addHook(certificates);

const tls = new TcpListener({
  id: "tls",
  address: process.argv[2] ?? "127.0.0.1:8883",
  // Paths of PEM files, or the PEM text itself.
  tls: { cert, key, ...(ca === undefined ? {} : { ca, requireClientCert: true }) },
});
await server.addListener(tls);
await server.serve();

process.on("SIGHUP", async () => {
  try {
    await tls.reload();
    console.log("New certificate");
  } catch (error) {
    console.error(error); // The old one is still in use.
  }
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, async () => await server.close());
console.log(`MQTT over TLS on ${tls.address}`);
