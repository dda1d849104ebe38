/** What both runtimes say of certificates, in one form. */

import type { DetailedPeerCertificate, PeerCertificate as NodeCertificate, TLSSocket } from "node:tls";
import type { PeerCertificate } from "../stream.ts";

/**
 * The client's certificate if it sent one that was verified. `authorized` alone is not enough: without a
 * requested certificate it is true on one runtime and false on the other.
 */
export function peerCertificate(socket: TLSSocket, requested: boolean): PeerCertificate | null {
  if (!requested || !socket.authorized) return null;
  const peer: NodeCertificate | DetailedPeerCertificate | null = socket.getPeerCertificate(false);
  if (!peer?.raw || !peer.subject) return null;
  return {
    commonName: last(peer.subject.CN),
    subject: distinguishedName(peer.subject),
    issuer: distinguishedName(peer.issuer),
    serialNumber: peer.serialNumber.toUpperCase().replace(/^0+(?=.)/, ""),
    fingerprint256: peer.fingerprint256,
    subjectAltName: peer.subjectaltname ?? "",
  };
}

function last(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value[value.length - 1] ?? "" : value ?? "";
}

/** As RFC 4514 writes names: the last part first. */
function distinguishedName(name: object): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(name)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      parts.push(`${key}=${escapeValue(String(item))}`);
    }
  }
  return parts.reverse().join(",");
}

function escapeValue(value: string): string {
  return value.replace(/[,+"\\<>;]|^[ #]| $/g, "\\$&");
}
