/** A link between two programs that can be cut: bytes go through it to a port of this machine. */

import net from "node:net";

export class Link implements AsyncDisposable {
  readonly #server: net.Server;
  readonly #sockets: Set<net.Socket> = new Set();
  #open = true;

  private constructor(to: number) {
    this.#server = net.createServer((socket) => {
      if (!this.#open) {
        socket.destroy();
        return;
      }
      const other = net.connect({ port: to, host: "127.0.0.1", noDelay: true });
      for (const [one, another] of [[socket, other], [other, socket]] as const) {
        this.#sockets.add(one);
        one.pipe(another);
        one.on("error", () => {});
        one.once("close", () => {
          this.#sockets.delete(one);
          another.destroy();
        });
      }
    });
  }

  static async to(port: number): Promise<Link> {
    const link = new Link(port);
    await new Promise<void>((resolve) => link.#server.listen(0, "127.0.0.1", resolve));
    return link;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  cut(): void {
    this.#open = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#open = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
