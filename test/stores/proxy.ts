/** A way to a server that breaks when it is told to: in the middle of a COMMIT above all. */
import { once } from 'node:events';
import { createServer, connect, type Server, type Socket } from 'node:net';

/**
 * What happens to the next COMMIT: it never arrives; it arrives and its answer does not; both sides are cut as soon as it is sent, and
 * nobody knows.
 */
export type Cut = 'before' | 'answer' | 'both';

export class Proxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #target: number;
  /** `null`: none is cut. */
  #cut: Cut | null = null;
  #refuse = false;
  /** COMMITs cut. */
  cuts = 0;
  /** With the next cut nobody is let in any more. */
  refuseAfterCut = false;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => this.#join(near));
  }

  static async to(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.#server.unref();
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** A URL that goes to the server directly, through here instead. */
  through(url: string): string {
    const through = new URL(url);
    through.host = `127.0.0.1:${this.port}`;
    return through.href;
  }

  /** Cuts the connection of the next COMMIT. */
  cut(cut: Cut): void {
    this.#cut = cut;
  }

  /** Cuts all connections that there are. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Passes nothing on any more in the connections that there are, and leaves them open: as a server that hangs. */
  mute(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('data').resume();
  }

  /** Takes no connections (and cuts those there are), or takes them again. */
  refuse(refuse: boolean): void {
    this.#refuse = refuse;
    if (refuse) this.drop();
  }

  close(): void {
    this.drop();
    this.#server.close();
  }

  #join(near: Socket): void {
    if (this.#refuse) return void near.destroy();
    const far = connect(this.#target, '127.0.0.1');
    let deaf = false;
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (data) => {
      const cut = data.includes('Q\0\0\0\x0bCOMMIT\0', 0, 'latin1') ? this.#cut : null;
      if (cut === null) return void far.write(data);
      this.#cut = null;
      this.cuts += 1;
      if (this.refuseAfterCut) {
        this.refuseAfterCut = false;
        return this.refuse(true);
      }
      if (cut === 'before') return void near.destroy();
      deaf = true;
      far.write(data, () => {
        if (cut === 'both') near.destroy();
      });
    });
    far.on('data', (data) => {
      if (deaf) near.destroy();
      else near.write(data);
    });
  }
}
