/** What `deno doc --json` says of a checkout: the part of its form that is read here. */

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { deno, run } from "../package/tools.ts";

/** A type; what stands in `value` depends on its kind. */
export interface DocType {
  readonly kind: string;
  readonly repr?: string;
  readonly value?: unknown;
}

export interface DocParameter {
  readonly kind: string;
  readonly name?: string;
  readonly optional?: boolean;
  readonly tsType?: DocType;
  /** Of one with a default. */
  readonly left?: DocParameter;
  /** Of a rest parameter. */
  readonly arg?: DocParameter;
}

export interface DocTypeParameter {
  readonly name: string;
  readonly constraint?: DocType;
  readonly default?: DocType;
}

export interface DocComment {
  readonly doc?: string;
  readonly tags?: readonly { readonly kind: string }[];
}

/** A function, or what is called or made like one. */
export interface DocCall {
  readonly typeParams?: readonly DocTypeParameter[];
  readonly params?: readonly DocParameter[];
  readonly returnType?: DocType;
}

export interface DocMember extends DocCall {
  readonly name?: string;
  readonly jsDoc?: DocComment;
  readonly kind?: string;
  /** Of a class; an interface has it in the member itself. */
  readonly functionDef?: DocCall;
  readonly tsType?: DocType;
  readonly optional?: boolean;
  readonly readonly?: boolean;
  readonly isStatic?: boolean;
  readonly isAbstract?: boolean;
  readonly computed?: boolean;
  readonly accessibility?: string;
}

/** The members of a class, an interface or a type written out. */
export interface DocMembers {
  readonly constructors?: readonly DocMember[];
  readonly properties?: readonly DocMember[];
  readonly methods?: readonly DocMember[];
  readonly callSignatures?: readonly DocMember[];
  readonly indexSignatures?: readonly DocMember[];
}

export interface DocDefinition extends DocMembers, DocCall {
  /** Of a variable: `const` or what else it is. */
  readonly kind?: string;
  readonly tsType?: DocType;
  readonly isAbstract?: boolean;
  readonly extends?: DocType | readonly DocType[];
  readonly implements?: readonly DocType[];
}

export interface DocDeclaration {
  readonly kind: string;
  readonly declarationKind: string;
  readonly jsDoc?: DocComment;
  readonly def?: DocDefinition;
}

export interface DocModule {
  readonly module_doc?: DocComment;
  readonly symbols: readonly { readonly name: string; readonly declarations: readonly DocDeclaration[] }[];
}

/** Each entry of a checkout's `deno.json`: `.`, `./hooks/debug` and so on. */
export async function documentation(folder: string): Promise<Map<string, { file: string; doc: DocModule }>> {
  const { exports } = JSON.parse(readFileSync(join(folder, "deno.json"), "utf8")) as {
    exports: Readonly<Record<string, string>>;
  };
  const files = Object.values(exports);
  const { code, output, errors } = await run(deno.command, ["doc", "--json", ...files], folder);
  if (code !== 0) throw new Error(`Cannot read the documentation in ${folder}: ${errors}`);
  const { version, nodes } = JSON.parse(output) as { version: number; nodes: Record<string, DocModule> };
  if (version !== 2) {
    throw new Error(`\`deno doc --json\` writes version ${version}, here version 2 is known`);
  }
  return new Map(
    Object.entries(exports).map(([entry, path]) => {
      const file = resolve(folder, path);
      const doc = nodes[pathToFileURL(file).href];
      if (doc === undefined) throw new Error(`\`deno doc --json\` says nothing of ${file}`);
      return [entry, { file, doc }];
    }),
  );
}
