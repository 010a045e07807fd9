import type { Asset, Program } from '../../api/types.ts';
import { grouped } from '../../lib/amount.ts';
import { Amount, Whole } from '../../ui/Amount.tsx';
import { EventLink } from '../../ui/EventLink.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { Accrual } from './Accrual.tsx';
import { Division } from './Division.tsx';
import { secondOf, stakeCourse } from './courses.ts';
import type { StakeExplanation, StakeInterval } from './types.ts';

const shownMost = 400;

/** The intervals with their sum, what happened meanwhile, the division, and where it went. */
export function StakeWhy({
  program: { program, asset },
  explanation,
}: {
  program: Program;
  explanation: StakeExplanation;
}) {
  const { intervals, score, notes, division, split, payouts } = explanation;
  const paid = payouts.find(({ reason }) => reason !== 'direct');
  return (
    <>
      <h3>Score: smallest units × seconds, summed</h3>
      {intervals.length === 0 ? (
        <p>No interval with a stake lies in this period.</p>
      ) : (
        <>
          <Course {...{ explanation, asset }} />
          <Table
            caption="Intervals of the score"
            columns={intervalColumns(program)}
            rows={intervals.slice(0, shownMost)}
            keyOf={(_, nth) => nth}
            foot={['Together', '', '', '', '', <Whole key="score" value={score} says="unit-seconds" />]}
          />
          {intervals.length > shownMost && (
            <p className="note">
              The first {grouped(shownMost)} of {grouped(intervals.length)} intervals; all of them are in the API’s
              answer.
            </p>
          )}
        </>
      )}
      {notes.length > 0 && (
        <>
          <h3>What happened</h3>
          <ul className="notes">
            {notes.map(({ at, event, text }) => (
              <li key={`${event} ${text}`}>
                <Time at={at} /> {text} {event !== null && <EventLink program={program} seq={event} />}
              </li>
            ))}
          </ul>
        </>
      )}
      {division !== null && (
        <>
          <h3>Share: {division.pool} pays by score</h3>
          <Division
            {...{ division, asset }}
            factors={{ '× its score': <Whole value={score} />, '÷ the score of all': <Whole value={division.total} /> }}
            remainder={
              <>
                <Whole value={division.remainder} /> / <Whole value={division.total} />
              </>
            }
          />
        </>
      )}
      {split.length > 0 && paid !== undefined && (
        <>
          <h3>Restaked by the stakes as they were when it was paid</h3>
          <Table
            caption="How the payment was restaked"
            columns={splitColumns(asset)}
            rows={[...split, { validator: 'liquid, what those roundings leave', tokens: null, restaked: paid.liquid }]}
            keyOf={({ validator }) => validator}
            foot={[
              'Together',
              '',
              <Amount
                key="sum"
                units={String(split.reduce((sum, { restaked }) => sum + BigInt(restaked), BigInt(paid.liquid)))}
                asset={asset}
                places
              />,
            ]}
          />
        </>
      )}
    </>
  );
}

interface Split {
  readonly validator: string;
  /** `null`: what stays liquid. */
  readonly tokens: string | null;
  readonly restaked: string;
}

const splitColumns = (asset: Asset): Column<Split>[] => [
  { name: 'Staked with', cell: ({ validator }) => validator },
  {
    name: 'Stake then',
    right: true,
    cell: ({ tokens }) => (tokens === null ? '' : <Amount units={tokens} asset={asset} places />),
  },
  { name: 'Gets', right: true, cell: ({ restaked }) => <Amount units={restaked} asset={asset} places /> },
];

const sources = {
  held: '',
  'taken-over': 'taken over from another system',
  reward: 'a reward, credited apart',
} as const;

const intervalColumns = (program: string): Column<StakeInterval>[] => [
  { name: 'Held on', cell: ({ validator, source }) => validator ?? sources[source] },
  { name: 'From', cell: ({ from }) => <Time at={from} /> },
  { name: 'Until', cell: ({ until }) => <Time at={until} /> },
  { name: 'Units', right: true, cell: ({ tokens }) => <Whole value={tokens} says="smallest units" /> },
  { name: '× seconds', right: true, cell: ({ seconds }) => grouped(seconds) },
  { name: '= score', right: true, cell: ({ score }) => <Whole value={score} says="unit-seconds" /> },
  {
    name: 'Rests on',
    cell: ({ event }) => (event === null ? 'a reward' : <EventLink program={program} seq={event} />),
  },
];

/** How the score grew over the period. */
function Course({ explanation, asset }: { explanation: StakeExplanation; asset: Asset }) {
  const { intervals, start, end, until } = explanation;
  const points = stakeCourse(intervals, asset, secondOf(until));
  const [first, last] = [points[0]!, points.at(-1)!];
  const from = start === null ? first.at : secondOf(start);
  const told = (value: number): string => new Intl.NumberFormat('en', { notation: 'compact' }).format(value);
  return (
    <Accrual
      courses={[{ name: 'score', color: '--series-1', points: [{ at: from, value: 0 }, ...points] }]}
      from={from}
      to={end === null ? last.at : secondOf(end)}
      now={null}
      told={told}
      says={`The score grew to ${told(last.value)} ${asset.symbol} × days.`}
    />
  );
}
