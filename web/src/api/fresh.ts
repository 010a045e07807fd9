import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { type StreamMessage, type StreamState, useStream } from './stream.ts';

/** How often what is shown is asked for anew at most, however much happens. */
const restMs = 1000;

/**
 * Asks anew for parts of a program when something happens in it: `''` is the program itself, `'window'` its window and so on.
 * `hear` also gets every message. Says whether the connection stands.
 */
export function useFresh(
  program: string,
  parts: readonly string[],
  hear: (message: StreamMessage) => void = () => {},
): StreamState {
  const queries = useQueryClient();
  const waiting = useRef<ReturnType<typeof setTimeout> | null>(null);
  const refresh = (): void => {
    waiting.current = null;
    void queries.invalidateQueries({
      queryKey: ['programs', program],
      predicate: ({ queryKey }) => parts.includes((queryKey[2] as string | undefined) ?? ''),
    });
  };
  useEffect(
    () => () => {
      if (waiting.current !== null) clearTimeout(waiting.current);
      waiting.current = null;
    },
    [],
  );
  return useStream(program, (message) => {
    hear(message);
    if (message.event !== 'hello') waiting.current ??= setTimeout(refresh, restMs);
  });
}
