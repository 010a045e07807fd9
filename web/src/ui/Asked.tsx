import type { UseQueryResult } from '@tanstack/react-query';
import type { Problem } from '../api/client.ts';

/** What a question is answered with, once it is; before that, that it is asked; else what went wrong and how to go on. */
export function Asked<T>({
  result,
  waiting = 'Loading…',
  children,
}: {
  result: UseQueryResult<T, Problem>;
  waiting?: string;
  children: (data: T) => React.ReactNode;
}) {
  const { data, error, refetch, failureReason } = result;
  if (data !== undefined) {
    return (
      <>
        {error && <ProblemBox problem={error} again={() => void refetch()} />}
        {children(data)}
      </>
    );
  }
  if (error) return <ProblemBox problem={error} again={() => void refetch()} />;
  return <output className="waiting">{failureReason === null ? waiting : failureReason.message}</output>;
}

export function ProblemBox({ problem, again }: { problem: Problem; again?: () => void }) {
  return (
    <div className="problem" role="alert">
      <strong>{problem.message}</strong>
      <p>
        <code>{problem.code}</code>
        {problem.requestId !== '' && (
          <>
            {' '}
            request <code>{problem.requestId}</code>
          </>
        )}
      </p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}
