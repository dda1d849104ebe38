/** MQTT.js as the device of a test: what it got can be waited for. */

import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { within } from "../harness/time.ts";

export class Device implements AsyncDisposable {
  readonly client: MqttClient;
  /** `topic payload`, in the order in which they came. */
  readonly got: string[] = [];
  #wake: () => void = () => {};

  private constructor(client: MqttClient) {
    this.client = client;
    client.on("error", () => {});
    client.on("message", (topic, payload) => {
      this.got.push(`${topic} ${payload}`);
      this.#wake();
    });
  }

  /** Rejects when it is refused. */
  static async connect(url: string, options: IClientOptions = {}): Promise<Device> {
    const given = { reconnectPeriod: 0, connectTimeout: 10_000, ...options };
    // (A connection that closes without an error has to reject as well: no retries.)
    return new Device(await mqtt.connectAsync(url, given, false));
  }

  /** Waits until that came. */
  async gets(message: string): Promise<void> {
    await within(() => this.got.includes(message), (wake) => this.#wake = wake, `"${message}"`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.endAsync(true);
  }
}
