/** Certificates as settings have them, and as listeners take them. */

import type { CertificateFiles, TlsFiles } from "../listeners/tls_files.ts";
import type { Tagged } from "./table/item.ts";

export interface TlsValues {
  readonly cert: string;
  readonly key: string;
  readonly passphrase: string;
  readonly passphraseFile: string;
  readonly ca: string;
  readonly requestClientCertificate: boolean;
  readonly requireClientCertificate: boolean;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  readonly maxVersion: "TLSv1.2" | "TLSv1.3";
  readonly ciphers: string;
  readonly watch: boolean;
}

/** Of one listener. */
export interface ListenerTlsValues extends TlsValues {
  readonly names: readonly string[];
  readonly certificates: readonly Tagged[];
  readonly alpn: readonly string[];
}

/** Undefined when there is no certificate, or no key for it. */
export function tlsFilesOf(values: Partial<ListenerTlsValues>): TlsFiles | undefined {
  const { cert, key, requestClientCertificate, requireClientCertificate, certificates, ...rest } = values;
  if (cert === undefined || key === undefined) return undefined;
  // An authority that nobody is held against would be a trap.
  const strict = rest.ca !== undefined && requestClientCertificate !== true;
  return {
    ...rest,
    cert,
    key,
    requireClientCert: requireClientCertificate ?? strict,
    ...(certificates === undefined
      ? {}
      : { certificates: certificates.map((one) => one.values as unknown as CertificateFiles) }),
    ...(requestClientCertificate === undefined ? {} : { requestClientCert: requestClientCertificate }),
  };
}

/** The same the other way round. */
export function tlsValuesOf(
  { requestClientCert, requireClientCert, certificates, ...rest }: TlsFiles,
): Readonly<Record<string, unknown>> {
  return {
    ...rest,
    certificates: certificates?.map((one) => ({ type: "", values: { ...one }, place: "" })),
    requestClientCertificate: requestClientCert,
    requireClientCertificate: requireClientCert,
  };
}
