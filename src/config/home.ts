/** Paths that begin with `~/`, wherever they were set. */

import type { CertificateFiles, TlsFiles } from "../listeners/tls_files.ts";
import type { Configuration, ListenerSetting } from "./configuration.ts";
import { fromHome } from "./home_path.ts";
import { ConfigError, type Problem, quote } from "../core/problem.ts";

/** The whole path. Throws a `ConfigError` when the home directory is not known. */
export function wholePath(path: string, home: string | undefined): string {
  const whole = fromHome(path, home);
  if (whole !== null) return whole;
  const message = `Not set, so nobody knows where ${quote(path)} is: expected the home directory, ` +
    "or the whole path there";
  throw new ConfigError([{ severity: "error", where: "HOME", message }]);
}

/** All its paths. Throws a `ConfigError`. */
export function homeInPaths(configuration: Configuration, home: string | undefined): Configuration {
  const problems: Problem[] = [];
  const whole = (path: string): string => {
    try {
      return wholePath(path, home);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return path;
    }
  };
  const listeners = configuration.listeners.map((listener) => withHome(listener, whole));
  const values = valuesWithHome(configuration, whole);
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...configuration, listeners, values };
}

type Mapping = Record<string, unknown>;

function valuesWithHome(
  { values, settings }: Configuration,
  whole: (path: string) => string,
): Configuration["values"] {
  const paths = [...settings].filter(([, { kind }]) => kind.path === true).map(([path]) => path);
  if (paths.length === 0 && values.auth === undefined && values.acl === undefined) return values;
  const copy = structuredClone(values) as unknown as Mapping;
  for (const path of paths) {
    const names = path.split(".");
    const last = names.pop()!;
    const at = names.reduce<Mapping>((inner, name) => inner[name] as Mapping, copy);
    if (typeof at[last] === "string") at[last] = whole(at[last]);
  }
  for (const list of ["auth", "acl"]) {
    for (const { values } of (copy[list] ?? []) as { readonly values: Mapping }[]) {
      filesWithHome(values, whole);
    }
  }
  return copy as unknown as Configuration["values"];
}

/** Of a back end or of rules. (What else stands there is no path.) */
function filesWithHome(values: Mapping, whole: (path: string) => string): void {
  for (const name of ["users", "ledger", "mosquitto", "passwords", "acl"]) {
    const value = values[name];
    if (typeof value === "string") values[name] = whole(value);
    else if (typeof value === "object" && value !== null) filesWithHome(value as Mapping, whole);
  }
}

function withHome(listener: ListenerSetting, whole: (path: string) => string): ListenerSetting {
  const { protocol, address, tls } = listener;
  return {
    ...listener,
    ...(protocol === "unix" ? { address: whole(address) } : {}),
    ...(tls === undefined ? {} : { tls: tlsWithHome(tls, whole) }),
  };
}

function tlsWithHome(tls: TlsFiles, whole: (path: string) => string): TlsFiles {
  const { ca, certificates } = tls;
  const source = (given: string | Uint8Array): string | Uint8Array =>
    typeof given === "string" ? whole(given) : given;
  const files = ({ cert, key, passphraseFile }: CertificateFiles): CertificateFiles => ({
    cert: source(cert),
    key: source(key),
    ...(passphraseFile === undefined ? {} : { passphraseFile: whole(passphraseFile) }),
  });
  return {
    ...tls,
    ...files(tls),
    ...(ca === undefined ? {} : { ca: source(ca) }),
    ...(certificates === undefined
      ? {}
      : { certificates: certificates.map((one) => ({ ...one, ...files(one) })) }),
  };
}
