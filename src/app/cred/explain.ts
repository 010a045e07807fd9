import type { Allocation, Line, Payout as SharedPayout } from '../../core/payout/policies/round.ts';
import type { Payout, Posting } from '../../core/state.ts';
import { invariant } from '../../core/errors.ts';
import type { BooksCache } from '../load-books.ts';
import type { Store } from '../ports.ts';
import { type CredPersonExplanation, explainCredPerson } from './read.ts';
import { type CredView, type CredViewQuery, readCredView } from './view.ts';

/** What one policy gave somebody, and why. */
export interface PolicyLine extends Line {
  readonly policy: Allocation['policy'];
}

/** Why somebody gets what it gets of a period of contributions. */
export interface CredExplanation {
  readonly view: CredView;
  readonly person: CredPersonExplanation;
  /** In the order of the policies; of those that it takes part in. */
  readonly lines: readonly PolicyLine[];
  /** share + owedBefore = paid + owed; `null`: it takes no part. */
  readonly shared: SharedPayout | null;
  /** Why there is nothing, where there is nothing. */
  readonly zero: { readonly code: string; readonly text: string } | null;
  readonly payouts: readonly Payout[];
  readonly postings: readonly Posting[];
}

/**
 * Cred by source, contribution and edge; policy by policy what was due, what was paid before and the rounding; and what was
 * posted. Computed by the code that paid it; for a settled period it must come to what was paid (`explain.equals-paid`).
 * Throws NotFoundError `account-unknown`, `period-unknown`, InvalidInputError `model-differs`.
 */
export async function explainCred(
  store: Store,
  cache: BooksCache,
  program: string,
  { account, ...query }: CredViewQuery & { readonly account: string },
): Promise<CredExplanation> {
  const view = await readCredView(store, cache, program, { ...query, named: true });
  const person = explainCredPerson(view, account);
  const { round, period } = view;
  const shared = round?.shared.payouts.find((payout) => payout.account === person.id) ?? null;
  const lines = (round?.shared.allocations ?? []).flatMap(({ policy, lines: all }) =>
    all.filter((line) => line.account === person.id).map((line) => ({ policy, ...line })),
  );
  const { payouts, postings } = await store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    const [known] = await tx.accountsNamed({ program: books.id, names: [person.id], buckets: [], periods: [] });
    if (known === undefined) return { payouts: [], postings: [] };
    const of = { program: books.id, after: 0, limit: 1000, account: known.id, period };
    return { payouts: await tx.payouts(of), postings: await tx.postings(of) };
  });
  const paid = payouts.find(({ reason }) => reason !== 'direct');
  if (paid !== undefined && query.scoring === undefined) {
    invariant(paid.score === person.score && paid.due === (shared?.paid ?? 0n), 'explain.equals-paid', () => ({
      account: person.id,
      period: String(period),
      paid: String(paid.due),
      computed: String(shared?.paid ?? 0n),
    }));
  }
  return { view, person, lines, shared, zero: whyNothing(view, person, shared), payouts, postings };
}

function whyNothing(
  view: CredView,
  person: CredPersonExplanation,
  shared: SharedPayout | null,
): CredExplanation['zero'] {
  if (shared !== null && shared.paid > 0n) return null;
  if (view.reading.excluded.includes(person.id))
    return { code: 'excluded', text: 'it was excluded when the period was scored' };
  if (view.round === null)
    return { code: 'nothing-owed', text: 'nothing is owed for this period, or it cannot be shared as it stands' };
  if (shared?.waitsFor === 'minimum')
    return { code: 'below-minimum', text: 'its share is below the minimum, and waits' };
  if (shared?.waitsFor === 'activation') return { code: 'not-active', text: 'its share waits until it is active' };
  if (!person.active) return { code: 'not-active', text: 'it is not active: prorata token activate' };
  if (person.lifetime === 0n) return { code: 'no-cred', text: 'no edge ever brought cred to it' };
  if (person.score === 0n)
    return { code: 'no-cred', text: 'it has no cred in this period, and has got its part of a lifetime' };
  return { code: 'below-one-unit', text: 'its share is below one unit, or it was paid more than its part before' };
}
