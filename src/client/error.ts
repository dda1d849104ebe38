/** Why a connection to a broker failed. */

import { CodedError } from "../core/errors.ts";
import { errorCode } from "../runtime/tcp/guard.ts";
import { shownTarget, type Target } from "./target.ts";

/** The broker has answered CONNECT with a refusal. */
export class RefusedError extends CodedError {
  /** As it was sent: 1 to 5 in MQTT 3, from 128 on in MQTT 5. */
  readonly reasonCode: number;

  constructor(reasonCode: number, message: string) {
    super("connect-refused", message);
    this.reasonCode = reasonCode;
  }
}

/** There is no connection, or none any more. */
export class LostError extends CodedError {
  constructor(message: string, options?: ErrorOptions) {
    super("broker-not-running", message, options);
  }
}

const known: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there",
  ECONNRESET: "the connection was reset",
  EPIPE: "the connection was reset",
  ENOTFOUND: "there is no such name",
  EAI_AGAIN: "its name cannot be looked up now",
  ETIMEDOUT: "nobody answers",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no way to it",
  ENOENT: "there is no such socket",
  EACCES: "the operating system does not permit it",
  CERT_HAS_EXPIRED: "its certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is of no authority that is trusted (--cafile names one)",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is of no authority that is trusted (--cafile names one)",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is of no authority that is trusted (--cafile names one)",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "its certificate is of no authority that is trusted (--cafile names one)",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name (--insecure takes it all the same)",
};

export function unreachable(target: Target, cause: unknown): LostError {
  const why = known[errorCode(cause)] ?? (cause instanceof Error ? cause.message : String(cause));
  return new LostError(`Cannot connect to ${shownTarget(target)}: ${why}`, { cause });
}
