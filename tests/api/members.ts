/** What is exported, one line for each name and for each member of it. */

import { pathToFileURL } from "node:url";
import type { DocComment, DocDeclaration, DocDefinition, DocMembers, DocModule, DocType } from "./doc.ts";
import { documentation } from "./doc.ts";
import { callText, heritageText, indexText, signatureOf, typeParametersText, typeText } from "./types.ts";

/** One name somebody may use. */
export interface Member {
  /** Kind, type, marks; of a constant its value as well. */
  readonly signature: string;
  /** What the documentation says of defaults, and its tags such as `@deprecated`. */
  readonly defaults: string;
  /** The first sentence of the documentation; empty: there is none. */
  readonly about: string;
}

/** By entry and name, such as `./hooks/debug Debug.id`, in their order. */
export type Api = ReadonlyMap<string, Member>;

/** Where a module says what it is. */
export const MODULE = "(module)";

/** Characters of a sentence that are kept. */
const LONGEST = 120;

/** The public API of the checkout in `folder`, of what its `deno.json` exports. */
export async function apiOf(folder: string): Promise<Api> {
  const found = new Map<string, Member>();
  for (const [entry, { file, doc }] of await documentation(folder)) {
    // (Only where there are constants: the others may need packages that are not installed.)
    const constants = doc.symbols.some(({ declarations }) =>
      declarations.some(({ kind }) => kind === "variable")
    );
    const values = constants ? await import(pathToFileURL(file).href) as Record<string, unknown> : {};
    for (const [name, member] of membersOf(doc, values)) add(found, `${entry} ${name}`, member);
  }
  return new Map([...found].toSorted(([a], [b]) => a < b ? -1 : 1));
}

/** Overloads, and a type and a value of one name, follow one another with a number. */
function add(to: Map<string, Member>, name: string, member: Member): void {
  let unused = name;
  for (let n = 2; to.has(unused); n++) unused = `${name}#${n}`;
  to.set(unused, member);
}

/** `values`: what the module exports when it runs, for the values of constants. */
export function* membersOf(
  { module_doc, symbols }: DocModule,
  values: Readonly<Record<string, unknown>>,
): Generator<[string, Member]> {
  yield [MODULE, memberOf("module", module_doc)];
  for (const { name, declarations } of symbols) {
    for (const declaration of declarations) {
      if (declaration.declarationKind !== "export") continue;
      const { jsDoc, def = {} } = declaration;
      yield [name, memberOf(headOf(declaration, values[name]), jsDoc)];
      for (const [member, about] of partsOf(def)) yield [`${name}.${member}`, about];
      if (declaration.kind === "variable") yield* entriesOf(name, values[name]);
    }
  }
}

/** The line of the name itself. */
function headOf({ kind, def = {} }: DocDeclaration, value: unknown): string {
  const { typeParams, tsType } = def;
  const parameters = typeParametersText(typeParams);
  switch (kind) {
    case "class":
    case "interface":
      return `${def.isAbstract ? "abstract " : ""}${kind}${parameters}${heritageText(def)}`;
    case "function":
      return `function${callText(def)}: ${typeText(def.returnType)}`;
    case "variable":
      return `${def.kind}: ${shortText(tsType)}${isPlain(value) ? ` = ${JSON.stringify(value)}` : ""}`;
    case "typeAlias":
      return `type${parameters} = ${shortText(tsType)}`;
    case "reference":
      // Exported by another entry as well, where the rest stands.
      return "reference";
    default:
      return kind;
  }
}

/** The members of a type that is written out have lines of their own, as have the alternatives of a union. */
function shortText(type: DocType | undefined): string {
  if (type?.kind === "typeLiteral") return "{ … }";
  return isChoice(type) ? "… | …" : typeText(type);
}

/** A union of nothing but literals. */
function isChoice(type: DocType | undefined): boolean {
  return type?.kind === "union" && (type.value as DocType[]).every(({ kind }) => kind === "literal");
}

function* partsOf(def: DocDefinition): Generator<[string, Member]> {
  yield* namedParts(def);
  const { tsType } = def;
  if (tsType?.kind === "typeLiteral") yield* namedParts(tsType.value as DocMembers);
  if (isChoice(tsType)) {
    for (const choice of tsType!.value as DocType[]) {
      yield [typeText(choice), { signature: "choice", defaults: "", about: "-" }];
    }
  }
}

function* namedParts(def: DocMembers): Generator<[string, Member]> {
  const { constructors = [], properties = [], methods = [], callSignatures = [], indexSignatures = [] } = def;
  for (const made of constructors) yield ["constructor", memberOf(signatureOf(made), made.jsDoc)];
  for (const called of callSignatures) yield ["()", memberOf(signatureOf(called), called.jsDoc)];
  for (const index of indexSignatures) yield ["[]", memberOf(indexText(index), index.jsDoc)];
  for (const member of [...properties, ...methods]) {
    const { name, computed, jsDoc } = member;
    yield [computed ? `[${name}]` : name!, memberOf(signatureOf(member), jsDoc)];
  }
}

/** The values in a constant that is an object. */
function* entriesOf(name: string, value: unknown): Generator<[string, Member]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (typeof part !== "function") {
      yield [`${name}.${key}=`, { signature: JSON.stringify(part), defaults: "", about: "-" }];
    }
  }
}

function isPlain(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function memberOf(signature: string, comment: DocComment = {}): Member {
  const { doc = "", tags = [] } = comment;
  const text = doc.replaceAll(/\s+/g, " ").trim();
  const marks = tags.map(({ kind }) => `@${kind}`).filter((mark) => mark !== "@module");
  const clauses = text.split(/(?<=[.;])\s/).filter((clause) => /\bdefaults?\b/i.test(clause))
    .map((clause) => clause.replace(/[.;]$/, ""));
  return { signature, defaults: [...clauses, ...marks].join("; "), about: firstSentence(text) };
}

function firstSentence(text: string): string {
  const [sentence = ""] = text.split(/(?<=[.!?])\s/, 1);
  return sentence.length > LONGEST ? `${sentence.slice(0, LONGEST)}…` : sentence;
}
