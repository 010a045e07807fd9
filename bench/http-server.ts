/** `prorata serve` in a process of its own, for measurements. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export class HttpServer {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  static async start(store: string, options: readonly string[] = []): Promise<HttpServer> {
    const bin = join(import.meta.dirname, '../bin/prorata.js');
    const args = [bin, 'serve', '--store', store, '--port', '0', '--json', '--quiet', ...options];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    return new HttpServer((JSON.parse(line) as { url: string }).url, child);
  }

  /** How long an answer took to arrive whole, over a connection that is kept; milliseconds. Throws for any status but 200. */
  async time(path: string): Promise<{ readonly ms: number; readonly bytes: number }> {
    const began = performance.now();
    const { status, body } = await this.ask(path);
    const ms = performance.now() - began;
    if (status !== 200) throw new Error(`${path}: ${status} ${body.toString()}`);
    return { ms, bytes: body.length };
  }

  async json(path: string): Promise<any> {
    const { status, body } = await this.ask(path);
    if (status !== 200) throw new Error(`${path}: ${status} ${body.toString()}`);
    return JSON.parse(body.toString());
  }

  ask(path: string, body?: string): Promise<{ readonly status: number; readonly body: Buffer }> {
    const post = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } };
    return new Promise((resolve, reject) => {
      const asked = request(`${this.url}${path}`, { agent: this.#agent, ...post }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve({ status: answer.statusCode!, body: Buffer.concat(chunks) }));
        answer.on('error', reject);
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    if (this.#child.exitCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }
}
