import type { StreamState } from '../api/stream.ts';

const says = {
  live: 'live',
  connecting: 'connecting',
  lost: 'not live: the connection is lost, and tried again',
} as const;

/** Whether what is shown follows what happens. */
export const Live = ({ state }: { state: StreamState }) => (
  <span className={`live ${state}`}>
    <span className="dot" aria-hidden />
    {says[state]}
  </span>
);
