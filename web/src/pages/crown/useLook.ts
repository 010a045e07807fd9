import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { answerOf, path, withQuestions } from '../../api/client.ts';
import { question } from '../../api/queries.ts';
import type { Grid } from './cells.ts';
import { holdersText } from './moment.ts';
import type { Page, Period } from '../../api/types.ts';
import { stagesOf } from './stages.ts';
import type { Stage } from './painter.ts';
import { drawable } from './drawable.ts';
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
  });

/** The cells of a stretch, made ready to be drawn by a thread of its own: the one that draws reads no long answers. */
export function useGrid(program: string, questions: Readonly<Record<string, string | number | undefined>>) {
  const address = path('programs', program, 'crown', 'cells');
  const asked = question<Grid>(address, questions);
  const full = withQuestions(address, questions);
  return useQuery({
    ...asked,
    queryFn: async ({ signal }) => {
      const answer = await answerOf(full, signal);
      return drawable(await answer.arrayBuffer(), `${program}/${questions['lane']}`);
    },
    staleTime: 60_000,
    structuralSharing: false,
  });
}

/** Periods that are shown, at most: the newest. */
const stagesMost = 500;

/** The periods with their names; the one that runs has no end yet. */
export function useStages(program: string, running: number): readonly Stage[] {
  const { data } = useQuery(
    question<Page<Period>>(path('programs', program, 'periods'), {
      limit: stagesMost,
      cursor: Math.max(0, running - stagesMost),
    }),
  );
  return useMemo(() => stagesOf(data?.items ?? [], running), [data, running]);
}

/** At most so often is asked anew while facts come. */
const pauseMs = 1000;

/** What the stream says when somebody else holds. */
interface Changed {
  readonly time: string;
  readonly lanes: readonly {
    readonly lane: string;
    readonly best: string | null;
    readonly holders: readonly { readonly account: string; readonly share: string }[];
  }[];
}

/** The newest change of a lane that was heard of. */
interface LastChange {
  readonly time: string;
  readonly text: string;
}

/** Asks anew about the crown when the log has grown, while `live`, and says what changed. */
export function useLive(
  program: string,
  lane: string,
  live: boolean,
): { readonly state: StreamState; readonly change: LastChange | null } {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const [change, setChange] = useState<LastChange | null>(null);
  const fresh = (): void => void client.invalidateQueries({ queryKey: ['programs', program, 'crown'] });
  const state = useStream(
    program,
    ({ event, data }) => {
      if (event === 'hello') return;
      if (event === 'crown') {
        const { time, lanes } = data as Changed;
        const now = lanes.find((one) => one.lane === lane);
        const rate = now?.best === null || now === undefined ? '' : ` at ${now.best}`;
        if (now !== undefined) setChange({ time, text: `${holdersText(now.holders)}${rate}` });
      }
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        fresh();
      }, pauseMs);
    },
    live,
  );
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
  return { state, change };
}
