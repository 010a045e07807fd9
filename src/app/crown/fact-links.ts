import type { CrownFact } from '../../core/events/event.ts';
import { listOf, type LoggedFact } from '../../core/scoring/crown/fold.ts';
import type { Test } from '../../core/scoring/crown/lane-state.ts';
import type { Lane } from '../../core/scoring/crown/rules.ts';

/** What facts decide: the tests by one of their kind. Who is outbid, or cannot be routed, is so by its quote. */
const decidedBy: Readonly<Record<Test, CrownFact['kind']>> = {
  'not-eligible': 'eligible',
  'not-active': 'active',
  busy: 'busy',
  'no-quote': 'rate',
  'not-routable': 'rate',
  'not-fundable': 'collateral',
  outbid: 'rate',
};

/**
 * Of accounts the seq of the newest fact about what they fail in a lane, or of the quote of those who hold (`null`). `facts`: the newest
 * first. No fact makes somebody excluded.
 */
export function newestEvents(
  facts: Iterable<LoggedFact>,
  accounts: readonly { readonly account: string; readonly why: Test | 'excluded' | null }[],
  lane: Lane,
): ReadonlyMap<string, number> {
  const open = new Map<string, CrownFact['kind']>();
  for (const { account, why } of accounts) if (why !== 'excluded') open.set(account, decidedBy[why ?? 'outbid']);
  const found = new Map<string, number>();
  for (const { seq, fact } of facts) {
    if (open.size === 0) break;
    if (!('account' in fact) || open.get(fact.account) !== kindIn(fact, lane)) continue;
    open.delete(fact.account);
    found.set(fact.account, seq);
  }
  return found;
}

/** The kind of a fact that concerns a lane; `null`: it does not. */
function kindIn(fact: CrownFact, { quotes, backing }: Lane): CrownFact['kind'] | null {
  switch (fact.kind) {
    case 'rate':
      return listOf(fact) === quotes ? 'rate' : null;
    case 'collateral':
      return fact.backing === backing ? 'collateral' : null;
    case 'activity':
      return fact.hub === undefined || fact.hub === backing ? 'busy' : null;
    default:
      return fact.kind;
  }
}
