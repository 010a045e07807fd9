import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { get, path, type Problem, withQuestions } from '../../api/client.ts';
import type { Model } from '../../api/types.ts';
import type { Account } from './types.ts';

/** An account as it was at an instant, milliseconds. */
interface AccountAt {
  readonly account: Account;
  readonly at: number;
}

/** How often what is shown is compared with what the server says, by model; cred changes with events alone. */
const everyMs: Readonly<Record<Model, number | false>> = { 'stake-time': 60_000, crown: 5000, cred: false };

/** An account as it is at this moment: scores grow while nothing happens. */
export function useAccountNow(program: string, account: string, model: Model): UseQueryResult<AccountAt, Problem> {
  return useQuery<AccountAt, Problem>({
    queryKey: ['programs', program, 'accounts', account, 'now'],
    queryFn: async ({ signal }) => {
      const at = second();
      const questions = model === 'cred' ? {} : { at: new Date(at).toISOString() };
      const found = await get<Account>(
        withQuestions(path('programs', program, 'accounts', account), questions),
        signal,
      );
      return { account: found, at };
    },
    refetchInterval: everyMs[model],
    retry: (failures, problem) => failures < 30 && problem.status === 503,
    retryDelay: 1000,
  });
}

const second = (): number => Math.floor(Date.now() / 1000) * 1000;

/** The present second, milliseconds; asks to be drawn anew each second. */
export function useSecond(): number {
  const [now, setNow] = useState(second);
  useEffect(() => {
    const timer = setInterval(() => setNow(second()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
