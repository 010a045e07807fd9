import type { Books } from '../../core/books.ts';
import { invariant } from '../../core/errors.ts';
import { decodeEvent } from '../../core/events/encode.ts';
import { isPeopleEvent } from '../../core/events/event.ts';
import { People } from '../../core/scoring/cred/people.ts';
import type { PeriodRecord, StepRecord } from '../../core/state.ts';
import type { Tx } from '../ports.ts';

const PAGE = 2000;

interface PayingStep {
  readonly step: StepRecord;
  readonly record: PeriodRecord;
}

/**
 * Who is who and was paid what, as of event `seq` of the log (by default the newest): the events about people and the payouts of
 * windows, in the order in which they were committed. Payouts of the period `before` and later ones are left out.
 */
export async function readPeople(
  tx: Tx,
  books: Pick<Books, 'id' | 'state'>,
  { seq = books.state.events, before = Infinity }: { readonly seq?: number; readonly before?: number } = {},
): Promise<People> {
  const people = new People();
  const steps = await payingSteps(tx, books, before);
  let next = 0;
  const payUntil = async (event: number): Promise<void> => {
    for (; next < steps.length && steps[next]!.step.events < event; next += 1)
      await pay(tx, books, people, steps[next]!);
  };
  for (let after = 0; ;) {
    const rows = await tx.governingEvents({ program: books.id, after, limit: PAGE });
    for (const row of rows) {
      if (row.seq > seq) break;
      await payUntil(row.seq);
      const event = decodeEvent(row.payload);
      if (!isPeopleEvent(event)) continue;
      const refusal = people.apply(event);
      invariant(refusal === null, 'log.people-replayable', () => ({ event: String(row.seq), code: refusal!.code }));
    }
    if (rows.length < PAGE || rows.at(-1)!.seq >= seq) break;
    after = rows.at(-1)!.seq;
  }
  await payUntil(seq + 1);
  return people;
}

async function payingSteps(tx: Tx, { id }: Pick<Books, 'id'>, before: number): Promise<PayingStep[]> {
  const all: PayingStep[] = [];
  for (const record of await tx.periods(id)) {
    if (record.period >= before) break;
    for (const step of await tx.steps(id, record.period)) if (step.payouts > 0) all.push({ step, record });
  }
  return all;
}

async function pay(tx: Tx, { id }: Pick<Books, 'id'>, people: People, { step, record }: PayingStep): Promise<void> {
  const { period, boundary } = record;
  const payouts = await tx.payouts({ program: id, after: step.firstPayout - 1, limit: step.payouts });
  const receipts = payouts
    .filter(({ reason, liquid }) => reason === 'paid' && liquid > 0n)
    .map(({ account, liquid }) => ({ id: account.name, amount: liquid }));
  people.paid(period, boundary, receipts);
}
