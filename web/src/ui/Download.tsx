import { useState } from 'react';
import { answerOf, Problem, token } from '../api/client.ts';

/** A file of the API. A browser fetches it by itself; where a token is needed the page does, since a link sends none. */
export function Download({ address, children }: { address: string; children: React.ReactNode }) {
  const [state, setState] = useState<'idle' | 'working' | Problem>('idle');
  const fetchIt = async (): Promise<void> => {
    setState('working');
    try {
      const answer = await answerOf(address);
      const name = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? 'export';
      const url = URL.createObjectURL(await answer.blob());
      Object.assign(document.createElement('a'), { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      setState('idle');
    } catch (error) {
      setState(error instanceof Problem ? error : new Problem(0, 'unexpected', String(error)));
    }
  };
  return (
    <>
      <a
        className="button"
        href={address}
        download
        aria-disabled={state === 'working'}
        onClick={(event) => {
          if (token.get() === null) return;
          event.preventDefault();
          if (state !== 'working') void fetchIt();
        }}
      >
        {state === 'working' ? 'Fetching…' : children}
      </a>
      {state instanceof Problem && <span role="alert">{state.message}</span>}
    </>
  );
}
