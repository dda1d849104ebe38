/** Certificates and keys for the connection to Redis, read like those of listeners. */

import { CodedTypeError } from "../../../src/core/errors.ts";
import { textOf } from "../../../src/core/error_text.ts";
import { type PairNames, readAuthorities, readKeyPair } from "../../../src/runtime/tls/key_pair.ts";

/** For a connection that is encrypted. */
export interface RedisTls {
  /** Certificates of authorities, as PEM text; without them those that the runtime trusts. */
  readonly ca?: string;
  /** A certificate that shows who this is, as PEM text. */
  readonly cert?: string;
  /** The key of `cert`, as PEM text; one text with both may be given for both. */
  readonly key?: string;
  /** Opens `key` when it is encrypted. It is never shown. */
  readonly passphrase?: string;
  /** The name that the server's certificate has to have. Default: the host that is connected to. */
  readonly serverName?: string;
}

const plainNames: PairNames = {
  ca: "The certificate authority for Redis",
  cert: "The certificate for Redis",
  key: "The private key for Redis",
  passphrase: "tls.passphrase",
};

/** With what both runtimes take, the key not encrypted any more. Throws a TypeError with one line. */
export function checkedTls(tls: RedisTls, names: PairNames = plainNames): RedisTls {
  const { ca, cert, key, passphrase, ...rest } = tls;
  if ((cert === undefined) !== (key === undefined)) {
    const [there, missing] = cert === undefined ? [names.key, "certificate"] : [names.cert, "private key"];
    throw new CodedTypeError(
      "certificate-invalid",
      `${there} needs its ${missing} as well; one PEM with certificate and key may be given for both`,
    );
  }
  try {
    return {
      ...rest,
      ...(ca === undefined ? {} : { ca: readAuthorities(ca, names.ca) }),
      ...(cert === undefined || key === undefined
        ? {}
        : readKeyPair({ cert, key, ...(passphrase === undefined ? {} : { passphrase }) }, names)),
    };
  } catch (cause) {
    throw new CodedTypeError("certificate-invalid", textOf(cause), { cause });
  }
}
