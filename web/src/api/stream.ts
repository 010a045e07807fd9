import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import { answerOf, path } from './client.ts';

/** A message of `/v1/programs/:program/stream`. */
export interface StreamMessage {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
}

export type StreamState = 'connecting' | 'live' | 'lost';

type Listener = (message: StreamMessage) => void;

/**
 * One connection for a program, however many parts of a page listen. It is read by fetch, since EventSource sends no token; it
 * comes back by itself, after the last message that it had, and waits longer each time in vain.
 */
class ProgramStream {
  readonly #program: string;
  readonly #listeners = new Set<Listener>();
  readonly #watchers = new Set<() => void>();
  #ending: AbortController | null = null;
  #last: string | null = null;
  state: StreamState = 'connecting';

  constructor(program: string) {
    this.#program = program;
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#ending === null) void this.#run((this.#ending = new AbortController()).signal);
    return () => {
      this.#listeners.delete(listener);
      // Pages that follow each other share the connection: it ends when nobody has listened for a while.
      setTimeout(() => {
        if (this.#listeners.size > 0) return;
        this.#ending?.abort();
        this.#ending = null;
        this.#become('connecting');
      }, 1000);
    };
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  #become(state: StreamState): void {
    if (this.state === state) return;
    this.state = state;
    for (const watcher of this.#watchers) watcher();
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        const more = this.#last === null ? {} : { headers: { 'last-event-id': this.#last } };
        const answer = await answerOf(path('programs', this.#program, 'stream'), signal, more);
        this.#become('live');
        failures = 0;
        for await (const message of messagesOf(answer.body!)) {
          this.#last = message.id;
          for (const listener of this.#listeners) listener(message);
        }
      } catch {
        // Said by the state; what was missed comes when the connection is back.
      }
      if (signal.aborted) return;
      this.#become('lost');
      await new Promise((resolve) => setTimeout(resolve, Math.min(30_000, 1000 * 2 ** failures)));
    }
  }
}

/** Messages of a body of server-sent events, comments left out. */
export async function* messagesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamMessage> {
  let rest = '';
  const reader = body
    .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
    .getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + value).split('\n\n');
      rest = parts.pop()!;
      for (const part of parts) {
        const fields = new Map(part.split('\n').map((line) => fieldOf(line)));
        const data = fields.get('data');
        if (data === undefined) continue;
        yield { event: fields.get('event') ?? 'message', id: fields.get('id') ?? '', data: JSON.parse(data) };
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}

const streams = new Map<string, ProgramStream>();

function streamOf(program: string): ProgramStream {
  let stream = streams.get(program);
  if (stream === undefined) streams.set(program, (stream = new ProgramStream(program)));
  return stream;
}

/** Hears every message of a program while the component is shown and `on`; says whether the connection stands. */
export function useStream(program: string, listener: Listener, on = true): StreamState {
  const hear = useEffectEvent(listener);
  const stream = streamOf(program);
  useEffect(() => (on ? stream.listen((message) => hear(message)) : undefined), [stream, on]);
  return useSyncExternalStore(stream.watch, () => stream.state);
}
