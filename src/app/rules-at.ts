import type { Books } from '../core/books.ts';
import { decodeEvent } from '../core/events/encode.ts';
import { type Rules, withSharing } from '../core/program.ts';
import type { Tx } from './ports.ts';

const PAGE = 2000;

/** What of the rules decides what a period pays: scoring, pools with their sharing, and what nothing to pay by means. */
export type ScoringRules = Pick<Rules, 'scoring' | 'pools' | 'onZeroTotal'>;

/** The rules that were in force when the log ended at `seq`. */
export async function rulesAt(tx: Tx, books: Books, seq: number): Promise<ScoringRules> {
  if (seq >= books.state.events) return books.rules;
  const pruned = (await tx.prunings(books.id)).findLast(({ last }) => last <= seq);
  let rules: ScoringRules = pruned?.rules ?? books.rules;
  for (let after = pruned?.last ?? 0; ;) {
    const rows = await tx.governingEvents({ program: books.id, after, limit: PAGE });
    for (const row of rows) {
      if (row.seq > seq) return rules;
      if (row.kind !== 'rules' && row.kind !== 'program') continue;
      const event = decodeEvent(row.payload);
      if (event.kind === 'program') rules = event.definition.rules;
      else if (event.kind === 'rules') {
        const { scoring = rules.scoring, onZeroTotal = rules.onZeroTotal, sharing } = event;
        rules = {
          scoring,
          onZeroTotal,
          pools: sharing === undefined ? rules.pools : withSharing(rules.pools, sharing),
        };
      }
    }
    if (rows.length < PAGE) return rules;
    after = rows.at(-1)!.seq;
  }
}
