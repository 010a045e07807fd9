import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Program } from '../../api/types.ts';
import { grouped } from '../../lib/amount.ts';
import { decimal, fractionOf, quotient, share } from '../../lib/score.ts';
import { span } from '../../lib/time.ts';
import { Exact } from '../../ui/Amount.tsx';
import { EventLink } from '../../ui/EventLink.tsx';
import { Badge, Figure, Figures } from '../../ui/Panel.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { fewOf, whyText } from '../crown/moment.ts';
import { Accrual, timeStep } from './Accrual.tsx';
import { Division } from './Division.tsx';
import { heldIn } from './adds-up.ts';
import { laneCourse, secondOf } from './courses.ts';
import type { CrownExplanation, LaneExplained, Stretch } from './types.ts';

/** Stretches that are shown without being asked for. */
const shownFirst = 40;
const colors = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6'];

/** Lane by lane who held and why not, what that is of each lane, and the division. */
export function CrownWhy({ program, explanation }: { program: Program; explanation: CrownExplanation }) {
  const { explained, conduct, part, division, start, end, payouts } = explanation;
  const { asset } = program;
  const account = payouts[0]?.account;
  const course = start !== null && end !== null && start !== end;
  return (
    <>
      <h3>Seconds held, shared with whoever held at the same time</h3>
      {course && (
        <Accrual
          courses={explained.map((lane, nth) => ({
            ...{ name: lane.lane, color: colors[nth % colors.length]!, points: laneCourse(lane) },
          }))}
          from={secondOf(start)}
          to={secondOf(end)}
          now={null}
          told={(value) => (value < 1 ? '0' : span(value))}
          steps={timeStep}
          says={`Seconds held: ${explained.map(({ lane, held }) => `${lane} ${held}`).join(', ')}.`}
        />
      )}
      {explained.map((lane) => (
        <Lane key={lane.lane} {...{ program: program.program, lane, account }} />
      ))}
      <h3>What that is of the whole</h3>
      <Table
        caption="Parts of the lanes"
        columns={partColumns(conduct)}
        rows={explained}
        keyOf={({ lane }) => lane}
        foot={['Together', '', '', '', '', <Fraction key="part" text={part} percent />]}
      />
      {division !== null && (
        <Division
          {...{ division, asset }}
          factors={{ '× its part': <Fraction text={part} percent /> }}
          remainder={<Fraction text={division.remainder} />}
        />
      )}
    </>
  );
}

/** A fraction as a decimal that is cut off, the fraction itself at hand. */
const Fraction = ({ text, percent = false }: { text: string; percent?: boolean }) => (
  <Exact value={text} says="exactly">
    {percent ? share(text) : decimal(text, 4)}
  </Exact>
);

const partColumns = (conduct: string): Column<LaneExplained>[] => [
  { name: 'Lane', cell: ({ lane }) => lane },
  { name: 'Part of the pool', right: true, cell: ({ pool }) => pool },
  { name: '× seconds that count', right: true, cell: ({ paid }) => <Fraction text={paid} /> },
  { name: '÷ seconds with a holder', right: true, cell: ({ covered }) => grouped(covered) },
  { name: '× conduct', right: true, cell: () => conduct },
  { name: '= part', right: true, cell: ({ part }) => <Fraction text={part} percent /> },
];

function Lane({ program, lane, account }: { program: string; lane: LaneExplained; account: string | undefined }) {
  const [all, setAll] = useState(false);
  const { stretches, alone, shared, lost, held } = lane;
  const sum = useMemo(() => heldIn(stretches), [stretches]);
  return (
    <section className="lane" aria-label={lane.lane}>
      <h4>{lane.lane}</h4>
      <Figures>
        <Figure name="Held alone">{span(alone)}</Figure>
        <Figure name="Held with others">{span(shared)}</Figure>
        <Figure name="Not held">{span(lost)}</Figure>
        <Figure name="Counts as">
          <Exact value={held} says="seconds, exactly">
            {decimal(held)} s
          </Exact>
        </Figure>
      </Figures>
      <div className="tall">
        <Table
          caption={`Stretches of ${lane.lane}`}
          columns={stretchColumns(program, lane.lane, account)}
          rows={all ? stretches : stretches.slice(0, shownFirst)}
          keyOf={({ from }) => from}
          empty="The round has only begun."
          foot={['Together', '', '', '', '', quotient(sum.above, sum.below, 4), '']}
        />
      </div>
      {stretches.length > shownFirst && !all && (
        <button type="button" onClick={() => setAll(true)}>
          Show all {grouped(stretches.length)} stretches; the sum is of all
        </button>
      )}
    </section>
  );
}

const stretchColumns = (program: string, lane: string, account: string | undefined): Column<Stretch>[] => [
  {
    name: 'From',
    cell: ({ from }) => (
      <Link
        to="/programs/$program/crown"
        params={{ program }}
        search={{ lane, at: from, ...(account === undefined ? {} : { who: account, row: account }) }}
        title="in the grid"
      >
        <Time at={from} />
      </Link>
    ),
  },
  { name: 'Seconds', right: true, cell: ({ seconds }) => grouped(seconds) },
  {
    name: 'Held, or why not',
    cell: ({ failed, others }) =>
      failed !== null ? (
        <Badge>{whyText(failed)}</Badge>
      ) : (
        <Badge tone="good">{others.length === 0 ? 'held' : `held, ${others.length + 1} shared`}</Badge>
      ),
  },
  { name: 'Quote', right: true, cell: ({ quote }) => quote ?? '-' },
  {
    name: 'Best, and by whom',
    cell: ({ best, others, failed }) =>
      `${best ?? '-'}${others.length === 0 ? '' : ` ${failed === null ? 'with' : 'by'} ${fewOf(others, 3)}`}`,
  },
  {
    name: 'Counts',
    right: true,
    cell: ({ seconds, share: of }) => {
      const { above, below } = fractionOf(of);
      return above === 0n ? '-' : quotient(above * BigInt(seconds), below, 4);
    },
  },
  {
    name: 'Began with',
    cell: ({ event }) => (event === null ? 'the round' : <EventLink program={program} seq={event} />),
  },
];
