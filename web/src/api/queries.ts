import { keepPreviousData, queryOptions, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { get, path, type Problem, type Questions, withQuestions } from './client.ts';
import type { Page, Program, ProgramLine, Session } from './types.ts';

/** A question to the API, kept under its address. A server that is busy or still sorting is asked again when it says so. */
export const question = <T>(address: string, questions: Questions = {}) => {
  const full = withQuestions(address, questions);
  return queryOptions<T, Problem>({
    queryKey: full.replace(/^\/v1\//, '').split(/[/?]/),
    queryFn: ({ signal }) => get<T>(full, signal),
    placeholderData: keepPreviousData,
    retry: (failures, problem) => failures < 60 && (problem.status === 503 || problem.status === 429),
    retryDelay: (_, problem) => (problem.retryAfter ?? 1) * 1000,
  });
};

/** Who asks, and whether a token is needed. */
export const useSession = (): UseQueryResult<Session, Problem> =>
  useQuery({ ...question<Session>(path('session')), staleTime: Infinity });

export const usePrograms = (): UseQueryResult<Page<ProgramLine>, Problem> =>
  useQuery({ ...question<Page<ProgramLine>>(path('programs')), refetchInterval: 5000 });

export const useProgram = (program: string): UseQueryResult<Program, Problem> =>
  useQuery(question<Program>(path('programs', program)));
