import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { path } from '../../api/client.ts';
import { question } from '../../api/queries.ts';
import { type StreamState, useStream } from '../../api/stream.ts';

/** `value`, once it has been the same for a while. */
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** A question about the crown, answered by what was known before until it is answered anew. */
export const useCrown = <T>(
  program: string,
  what: 'cells' | 'at',
  questions: Readonly<Record<string, string | number | undefined>> | null,
) =>
  useQuery({
    ...question<T>(path('programs', program, 'crown', what), questions ?? {}),
    enabled: questions !== null,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });

/** At most so often is asked anew while facts come. */
const pauseMs = 1000;

/** Asks anew about the crown when the log has grown, while `live`. */
export function useLive(program: string, live: boolean): StreamState {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const fresh = (): void => void client.invalidateQueries({ queryKey: ['programs', program, 'crown'] });
  const state = useStream(program, ({ event }) => {
    if (!live || event === 'hello' || timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      fresh();
    }, pauseMs);
  });
  useEffect(() => {
    if (live) void client.invalidateQueries({ queryKey: ['programs', program, 'crown'] });
  }, [live, program, client]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return state;
}
