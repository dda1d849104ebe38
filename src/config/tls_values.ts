/** Certificates as settings have them, and as listeners take them. */

import type { TlsFiles } from "../listeners/tls_files.ts";

export interface TlsValues {
  readonly cert: string;
  readonly key: string;
  readonly passphrase: string;
  readonly passphraseFile: string;
  readonly ca: string;
  readonly requestClientCertificate: boolean;
  readonly requireClientCertificate: boolean;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
}

/** Undefined when there is no certificate, or no key for it. */
export function tlsFilesOf(values: Partial<TlsValues>): TlsFiles | undefined {
  const { cert, key, requestClientCertificate, requireClientCertificate, ...rest } = values;
  if (cert === undefined || key === undefined) return undefined;
  // An authority that nobody is held against would be a trap.
  const strict = rest.ca !== undefined && requestClientCertificate !== true;
  return {
    ...rest,
    cert,
    key,
    requireClientCert: requireClientCertificate ?? strict,
    ...(requestClientCertificate === undefined ? {} : { requestClientCert: requestClientCertificate }),
  };
}

/** The same the other way round. */
export function tlsValuesOf(
  { requestClientCert, requireClientCert, ...rest }: TlsFiles,
): Readonly<Record<string, unknown>> {
  return {
    ...rest,
    requestClientCertificate: requestClientCert,
    requireClientCertificate: requireClientCert,
  };
}
