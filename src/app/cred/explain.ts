import type { Payout, Posting } from '../../core/state.ts';
import { invariant } from '../../core/errors.ts';
import { explainSharing, type SharingExplained } from '../explain-sharing.ts';
import type { BooksCache } from '../load-books.ts';
import type { Store, Tx } from '../ports.ts';
import { type CredPersonExplanation, explainCredPerson, labelsOf } from './read.ts';
import type { CredAbout, CredView } from './view.ts';
import type { CredViews, CredViewsQuery } from './views.ts';

/** Why somebody gets what it gets of a period of contributions. */
export interface CredExplanation<View extends CredAbout = CredView> {
  readonly view: View;
  readonly person: CredPersonExplanation;
  /** What each policy gave. `null`: it takes no part, or nothing is owed for the period. */
  readonly sharing: SharingExplained | null;
  /** Why there is nothing, where there is nothing. */
  readonly zero: { readonly code: string; readonly text: string } | null;
  readonly payouts: readonly Payout[];
  readonly postings: readonly Posting[];
  /** By address: the newest event about a contribution or an edge. */
  readonly events: ReadonlyMap<string, number>;
  /** What people call the contributions that brought most, by address. */
  readonly labels: ReadonlyMap<string, { readonly label?: string; readonly url?: string }>;
}

/** Contributions that are called by their labels; each costs an event that is read. */
const labelledMost = 500;

/**
 * Cred by source, contribution and edge; policy by policy what was due, what was paid before and the rounding; and what was
 * posted. `limit`: rows of each list of what gave the cred. Computed by the code that paid it; for a settled period it must come to what was paid (`explain.equals-paid`).
 * Throws NotFoundError `account-unknown`, `period-unknown`, InvalidInputError `model-differs`.
 */
export async function explainCred(
  { views, ...of }: { readonly store: Store; readonly cache: BooksCache; readonly views: CredViews },
  program: string,
  { account, limit, ...query }: CredViewsQuery & AccountAsked,
): Promise<CredExplanation> {
  const view = await views.view(program, { ...query, named: true });
  const asked = { account, ...(limit === undefined ? {} : { limit }) };
  return explainCredView({ ...of, whatIf: query.scoring !== undefined }, view, asked);
}

interface AccountAsked {
  readonly account: string;
  readonly limit?: number;
}

/** The same of a view with names. `whatIf`: by another scoring than its period was, or will be, paid by. */
export async function explainCredView(
  { store, cache, whatIf }: { readonly store: Store; readonly cache: BooksCache; readonly whatIf: boolean },
  view: CredView,
  { account, limit }: AccountAsked,
): Promise<CredExplanation> {
  const { program } = view;
  const person = explainCredPerson(view, account, limit);
  const { round, period } = view;
  const sharing = round && explainSharing(round.shared, person.id);
  const { payouts, postings, events, labels } = await store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    const about = await eventsOf(tx, books.id, person);
    const [known] = await tx.accountsNamed({ program: books.id, names: [person.id], buckets: [], periods: [] });
    if (known === undefined) return { payouts: [], postings: [], ...about };
    const of = { program: books.id, after: 0, limit: 1000, account: known.id, period };
    return { payouts: await tx.payouts(of), postings: await tx.postings(of), ...about };
  });
  const paid = payouts.find(({ reason }) => reason !== 'direct');
  if (paid !== undefined && !whatIf) {
    invariant(paid.score === person.score && paid.due === (sharing?.paid ?? 0n), 'explain.equals-paid', () => ({
      account: person.id,
      period: String(period),
      paid: String(paid.due),
      computed: String(sharing?.paid ?? 0n),
    }));
  }
  return { view, person, sharing, zero: whyNothing(view, person, sharing), payouts, postings, events, labels };
}

async function eventsOf(
  tx: Tx,
  program: number,
  { contributions, edges }: CredPersonExplanation,
): Promise<Pick<CredExplanation, 'events' | 'labels'>> {
  const addresses = contributions.map(({ address }) => address);
  const names = [...new Set(edges.flatMap(({ edge }) => edge ?? []))];
  const events = new Map<string, number>();
  for (const { node, since } of await tx.nodesNamed(program, addresses)) events.set(node, since);
  for (const { edge, since } of await tx.edgesNamed(program, names)) events.set(edge, since);
  return { events, labels: await labelsOf(tx, program, addresses.slice(0, labelledMost)) };
}

function whyNothing(
  view: CredView,
  person: CredPersonExplanation,
  sharing: SharingExplained | null,
): CredExplanation['zero'] {
  if (sharing !== null && sharing.paid > 0n) return null;
  if (view.reading.excluded.includes(person.id))
    return { code: 'excluded', text: 'it was excluded when the period was scored' };
  if (view.round === null)
    return { code: 'nothing-owed', text: 'nothing is owed for this period, or it cannot be shared as it stands' };
  if (sharing?.waitsFor === 'minimum')
    return { code: 'below-minimum', text: 'its share is below the minimum, and waits' };
  if (sharing?.waitsFor === 'activation') return { code: 'not-active', text: 'its share waits until it is active' };
  if (!person.active) return { code: 'not-active', text: 'it is not active: prorata people activate' };
  if (person.lifetime === 0n) return { code: 'no-cred', text: 'no edge ever brought cred to it' };
  if (person.score === 0n)
    return { code: 'no-cred', text: 'it has no cred in this period, and has got its part of a lifetime' };
  return { code: 'below-one-unit', text: 'its share is below one unit, or it was paid more than its part before' };
}
