/** Types as text: the same text wherever the files stand that declare them. */

import type {
  DocCall,
  DocDefinition,
  DocMember,
  DocMembers,
  DocParameter,
  DocType,
  DocTypeParameter,
} from "./doc.ts";

/** Kinds after which a type that follows belongs to them: in an array or a union they stand in brackets. */
const LOOSE: ReadonlySet<string> = new Set([
  "union",
  "intersection",
  "fnOrConstructor",
  "conditional",
  "infer",
]);

export function typeText(type: DocType | undefined): string {
  if (type === undefined) return "?";
  const printed = printers[type.kind]?.(type.value as never, type);
  return printed ?? rest(type);
}

const printers: Readonly<Record<string, (value: never, type: DocType) => string | undefined>> = {
  keyword: (value: string) => value,
  this: () => "this",
  typeRef: ({ typeName, typeParams }: { typeName: string; typeParams?: DocType[] }) =>
    typeName + (typeParams?.length ? `<${typeParams.map(typeText).join(", ")}>` : ""),
  literal: ({ kind, string, number, boolean }: Record<string, unknown>, { repr }) =>
    kind === "string"
      ? JSON.stringify(string)
      : kind === "number" || kind === "boolean"
      ? String(number ?? boolean)
      : kind === "bigInt"
      ? `${repr}n`
      : `\`${repr}\``,
  array: (value: DocType) => `${bracketed(value)}[]`,
  union: (value: DocType[]) => value.map(bracketed).join(" | "),
  intersection: (value: DocType[]) => value.map(bracketed).join(" & "),
  tuple: (value: DocType[]) => `[${value.map(typeText).join(", ")}]`,
  rest: (value: DocType) => `...${typeText(value)}`,
  optional: (value: DocType) => `${typeText(value)}?`,
  parenthesized: (value: DocType) => `(${typeText(value)})`,
  typeOperator: ({ operator, tsType }: { operator: string; tsType: DocType }) =>
    `${operator} ${bracketed(tsType)}`,
  typeQuery: (value: string) => `typeof ${value}`,
  fnOrConstructor: (value: DocCall & { constructor: boolean; tsType: DocType }) =>
    `${value.constructor === true ? "new " : ""}${callText(value)} => ${typeText(value.tsType)}`,
  indexedAccess: ({ objType, indexType }: { objType: DocType; indexType: DocType }) =>
    `${bracketed(objType)}[${typeText(indexType)}]`,
  typeLiteral: (value: DocMembers) => `{ ${literalMembers(value).join("; ")} }`,
};

function bracketed(type: DocType): string {
  return LOOSE.has(type.kind) ? `(${typeText(type)})` : typeText(type);
}

/** Seldom seen: all that is said of it, but for where it stands. */
function rest(type: unknown): string {
  return JSON.stringify(type, (key, value) => key === "location" || key === "resolution" ? undefined : value);
}

function literalMembers(members: DocMembers): string[] {
  const { properties = [], methods = [], callSignatures = [], indexSignatures = [] } = members;
  return [
    ...callSignatures.map(signatureOf),
    ...indexSignatures.map(indexText),
    ...[...properties, ...methods].map((member) => `${member.name}${signatureOf(member)}`).toSorted(),
  ];
}

export function indexText({ readonly, params, tsType }: DocMember): string {
  return `${readonly ? "readonly " : ""}[${(params ?? []).map(parameterText).join(", ")}]: ${
    typeText(tsType)
  }`;
}

/** What stands behind the name of a member, with what stands before it put behind as well. */
export function signatureOf(member: DocMember): string {
  const marks = [
    member.isStatic && "static",
    member.isAbstract && "abstract",
    member.accessibility === "protected" && "protected",
    member.readonly && "readonly",
    (member.kind === "getter" || member.kind === "setter") && member.kind,
  ].filter((mark) => typeof mark === "string");
  const call = member.functionDef ?? (member.tsType === undefined ? member : undefined);
  const text = call === undefined
    ? `: ${typeText(member.tsType)}`
    : `${callText(call)}${call.returnType === undefined ? "" : `: ${typeText(call.returnType)}`}`;
  return `${member.optional ? "?" : ""}${text}${marks.length > 0 ? ` (${marks.join(", ")})` : ""}`;
}

export function callText({ typeParams, params = [] }: DocCall): string {
  return `${typeParametersText(typeParams)}(${params.map(parameterText).join(", ")})`;
}

function parameterText(parameter: DocParameter): string {
  const { kind, name, optional, tsType, left, arg } = parameter;
  if (kind === "assign") return `${parameterText(left!)} = …`;
  if (kind === "rest") return `...${arg!.name}: ${typeText(tsType ?? arg!.tsType)}`;
  if (kind !== "identifier") return rest(parameter);
  return `${name}${optional ? "?" : ""}: ${typeText(tsType)}`;
}

export function typeParametersText(parameters: readonly DocTypeParameter[] | undefined): string {
  if (parameters === undefined || parameters.length === 0) return "";
  const texts = parameters.map(({ name, constraint, default: standard }) =>
    name + (constraint === undefined ? "" : ` extends ${typeText(constraint)}`) +
    (standard === undefined ? "" : ` = ${typeText(standard)}`)
  );
  return `<${texts.join(", ")}>`;
}

/** ` extends A implements B, C`, as far as there is something. */
export function heritageText(definition: DocDefinition & { readonly superTypeParams?: DocType[] }): string {
  const { extends: base, superTypeParams = [], implements: interfaces = [] } = definition;
  // (Of a class it is the name alone, of an interface a list of types.)
  const bases = typeof base === "string"
    ? [base + (superTypeParams.length > 0 ? `<${superTypeParams.map(typeText).join(", ")}>` : "")]
    : [base ?? []].flat().map((type) => typeText(type));
  return (bases.length > 0 ? ` extends ${bases.join(", ")}` : "") +
    (interfaces.length > 0 ? ` implements ${interfaces.map(typeText).join(", ")}` : "");
}
