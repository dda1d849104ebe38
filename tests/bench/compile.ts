/** Compiles the load generator. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { firstLine, run } from "./process.ts";

const SOURCES = fileURLToPath(new URL("./load/", import.meta.url));
const FLAGS: readonly string[] = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra"];

const TLS: { readonly flag: string; readonly libraries: readonly string[] } = {
  flag: "-DWITH_TLS",
  libraries: ["-lssl", "-lcrypto"],
};

const COMPILER: string = process.env["CC"] ?? "cc";

/** Whether the load generator that is compiled here can speak TLS: OpenSSL's headers and libraries are there (Debian: libssl-dev). */
export async function hasOpenssl(folder: string, compiler: string = COMPILER): Promise<boolean> {
  const source = join(folder, "openssl.c");
  writeFileSync(
    source,
    "#include <openssl/ssl.h>\nint main(void) { return SSL_CTX_new(TLS_client_method()) == 0; }\n",
  );
  try {
    const to = join(folder, "openssl");
    return (await run(compiler, ["-o", to, source, ...TLS.libraries], 60)).code === 0;
  } catch {
    return false;
  }
}

/** Compiles it into a folder and returns the path of the program. It speaks TLS where OpenSSL is there. */
export async function compileLoad(folder: string, compiler: string = COMPILER): Promise<string> {
  if (process.platform !== "linux") {
    throw new Error("The load generator needs Linux: it uses epoll and /proc");
  }
  if (await firstLine(compiler, ["--version"]) === undefined) {
    throw new Error(
      `No C compiler: ${compiler} cannot be started. Install one (Debian: apt-get install gcc libc6-dev) or set CC`,
    );
  }
  const program = join(folder, "load");
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".c")).map((name) => join(SOURCES, name));
  const { flag, libraries } = TLS;
  const [flags, more] = await hasOpenssl(folder, compiler) ? [[...FLAGS, flag], libraries] : [FLAGS, []];
  const { code, stderr } = await run(compiler, [...flags, "-o", program, ...files, ...more], 120);
  if (code !== 0) throw new Error(`The load generator does not compile:\n${stderr}`);
  return program;
}
