/** A server as a listener sees it, which writes down what happens. */

import { Broker } from "../../src/broker/broker.ts";
import type { EventCode } from "../../src/core/codes.ts";
import type { LogFields } from "../../src/core/log.ts";
import type { Stats } from "../../src/core/stats.ts";
import { systemInfo } from "../../src/broker/system_info.ts";
import type { SystemInfo } from "../../src/core/system_info.ts";
import type { Listener, ListenerHost } from "../../src/listeners/listener.ts";
import type { StreamRefusal } from "../../src/runtime/http/refusal.ts";
import type { StorageStatus } from "../../src/storage/storage.ts";
import {
  type BeginHandshake,
  type Handshake,
  PendingHandshakes,
} from "../../src/runtime/pending_handshakes.ts";
import { Recorder, turns } from "../runtime/recorder.ts";

export class Host implements ListenerHost {
  readonly #broker = new Broker();
  readonly stats: Readonly<Stats> = this.#broker.stats;
  readonly accepted: { recorder: Recorder; listener: Listener }[] = [];
  readonly lines: string[] = [];
  storage: StorageStatus | null = null;
  requiresCredentials = false;
  readonly #handshakes = new PendingHandshakes({ limit: 1000 });

  info(): SystemInfo {
    return systemInfo(this.#broker);
  }

  accept(stream: Recorder["stream"], listener: Listener): Recorder {
    const recorder = new Recorder(stream);
    this.accepted.push({ recorder, listener });
    return recorder;
  }

  beginHandshake({ id }: Listener, ...begun: Parameters<BeginHandshake>): Handshake {
    return this.#handshakes.begin(id, ...begun);
  }

  refused({ code, address, detail }: StreamRefusal, { id }: Listener): void {
    this.lines.push(`refused ${code} ${address} ${id}: ${detail}`);
  }

  tell(code: EventCode, { detail, error }: LogFields, { id }: Listener): void {
    this.lines.push(`told ${code} ${id}: ${detail}: ${error}`);
  }

  log(level: string, text: string): void {
    this.lines.push(`${level} ${text}`);
  }

  /** The first stream that came, or the one after so many. */
  async stream(after = 0): Promise<Recorder> {
    while (this.accepted.length <= after) await turns(1);
    return this.accepted[after]!.recorder;
  }
}
