import { decodeEvent } from '../../core/events/encode.ts';
import { isPeopleEvent } from '../../core/events/event.ts';
import { People } from '../../core/scoring/cred/people.ts';
import type { Books } from '../../core/books.ts';
import type { Tx } from '../ports.ts';

/** People of a program that scores contributions, and how many of them are active. */
export interface PeopleCounts {
  readonly all: number;
  readonly active: number;
}

const PAGE = 2000;

/** Counts people, and next time looks at what the log has had since then only: whoever asks does so every second. */
export class PeopleCounter {
  readonly #known = new Map<number, { seq: number; counted: number; readonly people: People; counts: PeopleCounts }>();

  async count(tx: Tx, { id: program }: Pick<Books, 'id'>): Promise<PeopleCounts> {
    const known = this.#known.get(program) ?? {
      seq: 0,
      counted: 0,
      people: new People(),
      counts: { all: 0, active: 0 },
    };
    for (;;) {
      const rows = await tx.governingEvents({ program, after: known.seq, limit: PAGE });
      for (const { payload, seq } of rows) {
        // Somebody else who asked may have been quicker: where reads run beside each other, both have the same page.
        if (seq <= known.seq) continue;
        const event = decodeEvent(payload);
        // What was paid is left out: who moves what he has is refused, which changes nobody.
        if (isPeopleEvent(event)) known.people.apply(event);
        known.seq = seq;
      }
      if (rows.length < PAGE) break;
    }
    // Whoever read it may not have come to count: it failed, or still reads the next page.
    if (known.seq !== known.counted) {
      known.counted = known.seq;
      const accounts = known.people.ledger.accounts();
      known.counts = { all: accounts.length, active: accounts.filter(({ active }) => active).length };
    }
    this.#known.set(program, known);
    return known.counts;
  }
}
