import { Asked } from '../../ui/Asked.tsx';
import { AccountLink } from '../../ui/AccountLink.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { type CellsAnswer, secondsOf } from './cells.ts';
import type { Span } from './span.ts';
import { useCrown } from './useLook.ts';

const isoOf = (second: number): string => new Date(Math.round(second) * 1000).toISOString().replace('.000', '');

/** Who held how long in the stretch that is seen, exactly: the grid in words. */
export function HeldTable({
  program,
  lane,
  span,
  known,
  who,
  onMark,
}: {
  program: string;
  lane: string;
  span: Span;
  known: Span;
  who: string | undefined;
  onMark: (name: string) => void;
}) {
  const from = Math.max(span.from, known.from);
  const to = Math.max(from + 1, Math.min(span.to, known.to));
  const held = useCrown<CellsAnswer>(program, 'cells', {
    lane,
    from: isoOf(from),
    to: isoOf(to),
    cells: 1,
    account: who,
  });
  return (
    <Panel
      title="Held in what is seen"
      note={
        <>
          <Time at={isoOf(from)} /> to <Time at={isoOf(to)} />, shares counted; exact, but for what begins with ~.
        </>
      }
    >
      <Asked result={held}>
        {({ participants, others, nobody, best }) => {
          const all = Math.round(to) - Math.round(from);
          return (
            <>
              {best[0] !== undefined && (
                <p>
                  Best rate {best[0][3] === best[0][4] ? best[0][3] : `${best[0][3]} to ${best[0][4]}`}; at the end{' '}
                  {best[0][2] ?? 'nobody held'}.
                </p>
              )}
              <div className="crown-held crown-seen">
                <Table
                  caption={`Who held ${lane} how long`}
                  rows={[
                    ...participants.map(({ account, held: seconds }) => ({ account, seconds })),
                    ...(nobody[0] === undefined ? [] : [{ account: null, seconds: nobody[0][2] }]),
                  ]}
                  keyOf={({ account }) => account ?? ''}
                  empty="Nothing is known of it."
                  columns={columnsOf({ program, all, who, onMark })}
                />
              </div>
              {others.count > 0 && <p className="note">{others.count} more held, each less than these.</p>}
            </>
          );
        }}
      </Asked>
    </Panel>
  );
}

interface Line {
  /** `null`: nobody. */
  readonly account: string | null;
  readonly seconds: string;
}

const columnsOf = ({
  program,
  all,
  who,
  onMark,
}: {
  program: string;
  all: number;
  who: string | undefined;
  onMark: (name: string) => void;
}): readonly Column<Line>[] => [
  { name: 'Participant', cell: ({ account }) => <Name program={program} account={account} /> },
  { name: 'Seconds', right: true, cell: ({ seconds }) => seconds },
  { name: 'Part', right: true, wide: true, cell: ({ seconds }) => partText(seconds, all) },
  { name: 'Stands out', right: true, cell: ({ account }) => <Mark {...{ account, who, onMark }} /> },
];

const partText = (seconds: string, all: number): string => `~${((secondsOf(seconds) / all) * 100).toFixed(1)} %`;

const Name = ({ program, account }: { program: string; account: string | null }) =>
  account === null ? <span className="unit">nobody</span> : <AccountLink program={program} account={account} />;

const Mark = ({
  account,
  who,
  onMark,
}: {
  account: string | null;
  who: string | undefined;
  onMark: (name: string) => void;
}) =>
  account === null ? null : (
    <button
      type="button"
      className="crown-mark"
      aria-pressed={account === who}
      aria-label={`Let ${account} stand out`}
      onClick={() => onMark(account)}
    >
      {account === who ? '●' : '○'}
    </button>
  );
