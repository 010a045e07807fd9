import { Link } from '@tanstack/react-router';
import { AccountLink } from '../../ui/AccountLink.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Badge, Panel } from '../../ui/Panel.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { countsText, type Moment, whyText } from './moment.ts';
import { useCrown, useSettled } from './useLook.ts';

interface Line {
  readonly account: string;
  readonly quote: string | null;
  readonly event: number | null;
  readonly share: string | null;
  readonly why: string | null;
}

/** The lane at the instant of the cursor, without one at the newest: who held, and of everybody else why not. */
export function AtCursor({
  program,
  lane,
  at,
  row,
}: {
  program: string;
  lane: string;
  at: string | null;
  row: string | undefined;
}) {
  const settled = useSettled(at, 250);
  const moment = useCrown<Moment>(program, 'at', { lane, at: settled ?? undefined, limit: 25, account: row });
  return (
    <Panel
      title={settled === null ? 'Now' : 'At the cursor'}
      aside={moment.data && <Time at={moment.data.at} />}
      note={settled === null && 'Click a cell, or use the arrow keys in the grid, to see the same of another instant.'}
    >
      <Asked result={moment}>
        {({ at: shown, best, holders, passed_over, counts, period, status }) => {
          const lines: Line[] = [
            ...holders.map((one) => ({ ...one, why: null })),
            ...passed_over.map((one) => ({ ...one, share: null })),
          ];
          return (
            <>
              <p>
                {best === null ? (
                  'Nobody held.'
                ) : (
                  <>
                    Best rate <strong>{best}</strong>.
                  </>
                )}{' '}
                Passed over: {countsText({ counts }) || 'nobody'}.{' '}
                <Badge>
                  period {period}, {status}
                </Badge>
              </p>
              <div className="crown-held">
                <Table
                  caption={`Who held ${lane} at ${shown}, and who was passed over`}
                  rows={lines}
                  keyOf={({ account }) => account}
                  columns={columnsOf(program)}
                />
              </div>
            </>
          );
        }}
      </Asked>
    </Panel>
  );
}

const columnsOf = (program: string): readonly Column<Line>[] => [
  { name: 'Participant', cell: ({ account }) => <AccountLink program={program} account={account} /> },
  { name: 'Quote', right: true, cell: ({ quote }) => quote ?? '-' },
  { name: 'Held', cell: (line) => <Held {...line} /> },
  { name: 'Since event', right: true, cell: ({ event }) => <Since program={program} event={event} /> },
];

const Held = ({ share, why }: Pick<Line, 'share' | 'why'>) =>
  share === null ? (
    <Badge>{whyText(why!)}</Badge>
  ) : (
    <Badge tone="accent">{share === '1' ? 'held alone' : `held ${share}`}</Badge>
  );

const Since = ({ program, event }: { program: string; event: number | null }) =>
  event === null ? (
    <span className="unit">earlier</span>
  ) : (
    <Link to="/programs/$program/events" params={{ program }} search={{ at: event }}>
      {event}
    </Link>
  );
