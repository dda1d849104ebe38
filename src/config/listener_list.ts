/** From what stands in `listeners` to listeners. */

import type { ListenerSetting, Protocol } from "./configuration.ts";
import type { Tagged } from "./table/item.ts";
import { type ListenerTlsValues, tlsFilesOf, tlsValuesOf } from "./tls_values.ts";

const encrypted: Readonly<Record<string, Protocol>> = { tcp: "tls", ws: "wss", http: "https" };

/** As they were read. Those without an id get what the others have left. */
export function listenersOfList(list: readonly Tagged[]): ListenerSetting[] {
  const taken = new Set(list.map(({ values }) => values.id));
  return list.map((one) => {
    const setting = settingOf(one);
    if (setting.id !== "") return setting;
    const id = freeId(setting.protocol, taken);
    taken.add(id);
    return { ...setting, id };
  });
}

function settingOf({ type, values, place }: Tagged): ListenerSetting {
  const { tls: given, path, address, id, ...rest } = values as {
    readonly tls?: Partial<ListenerTlsValues>;
    readonly path?: string | readonly string[];
    readonly address?: string;
    readonly id?: string;
  };
  const tls = given === undefined ? undefined : tlsFilesOf(given);
  const socket = type === "unix";
  return {
    ...rest,
    protocol: tls === undefined ? type as Protocol : encrypted[type]!,
    id: id ?? "",
    address: (socket ? path as string | undefined : address) ?? "",
    ...(tls === undefined ? {} : { tls }),
    ...(path === undefined || socket ? {} : { path }),
    origin: place,
  };
}

/** The same the other way round: as it would stand in a file. */
export function taggedOf(setting: ListenerSetting): Tagged {
  const { protocol, id, address, tls, origin, byDefault: _d, ...rest } = setting;
  const type = Object.entries(encrypted).find(([, one]) => one === protocol)?.[0] ?? protocol;
  const where = type === "unix" ? { path: address } : { address };
  const inner = tls === undefined ? {} : { tls: tlsValuesOf(tls) };
  return { type, values: { id, ...where, ...rest, ...inner }, place: origin };
}

function freeId(protocol: Protocol, taken: ReadonlySet<unknown>): string {
  let id: string = protocol;
  for (let i = 2; taken.has(id); i++) id = `${protocol}-${i}`;
  return id;
}
