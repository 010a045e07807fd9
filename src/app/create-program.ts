import { Books } from '../core/books.ts';
import { InvalidInputError } from '../core/errors.ts';
import { encodeEvent } from '../core/events/encode.ts';
import { isBatchSize, type ProgramDefinition } from '../core/program.ts';
import { accountMatcher } from '../core/schedule/account-matcher.ts';
import { checkExcludedList } from '../core/schedule/check-exclusions.ts';
import { checkMappings } from '../core/schedule/check-mappings.ts';
import { checkSchedule } from '../core/schedule/check-schedule.ts';
import { emptyState, NO_HEAD } from './empty-state.ts';
import type { EventRow, Store } from './ports.ts';
import { chainHash } from './tree-hash.ts';

/**
 * Writes a program down: its definition becomes the first event of its log (key `program`, time 0), and what its pools
 * hold from the start is posted. Throws ConflictError `program-exists`, or InvalidInputError with the code of the first
 * rule that the definition breaks.
 */
export async function createProgram(store: Store, definition: ProgramDefinition): Promise<void> {
  checkDefinition(definition);
  await store.transact('write', async (tx) => {
    const id = await tx.createProgram(definition.name);
    const { rules, schedule } = definition;
    const books = new Books(
      { id, name: definition.name, state: emptyState(definition), rules, schedule, validators: [] },
      [],
    );
    for (const { name, funding } of rules.pools) {
      if (funding === 0n) continue;
      const target = { kind: 'pool', pool: name } as const;
      books.post({
        period: 0,
        allocation: name,
        source: { kind: 'outside' },
        target,
        amount: funding,
        reason: 'funding',
      });
    }
    for (const name of definition.excluded) books.accountOf(name).excluded = true;
    books.setRules(rules);
    books.setSchedule(schedule);
    const payload = encodeEvent({ kind: 'program', key: 'program', time: 0, definition });
    const { state } = books;
    state.version += 1;
    state.events = 1;
    state.head = chainHash(NO_HEAD, payload);
    const row: EventRow = {
      seq: 1,
      key: 'program',
      kind: 'program',
      time: 0,
      account: null,
      payload,
      at: null,
      hash: state.head,
    };
    await tx.write(id, { ...books.takeChanges(), events: [row] });
  });
}

/** Every rule that a definition must obey, whatever it was parsed from. */
export function checkDefinition(definition: ProgramDefinition): void {
  const { rules, schedule, excluded } = definition;
  const isName = accountMatcher(rules);
  const scored = rules.pools.filter(({ pays }) => pays === 'score');
  if (scored.length !== 1) {
    throw new InvalidInputError('pools-one-by-score', `Exactly one pool pays by score, found ${scored.length}.`);
  }
  if (rules.pools.some(({ name }) => name === rules.residual)) {
    throw new InvalidInputError('residual-is-a-pool', `The residual ${rules.residual} must not be one of the pools.`);
  }
  if (!isBatchSize(rules.window.batchSize)) {
    throw new InvalidInputError(
      'batch-size-range',
      `The batch size must be 1 to 100000, found ${rules.window.batchSize}.`,
    );
  }
  checkExcludedList(excluded, isName);
  const mappings = rules.pools.flatMap(({ name: pool, recipients }) =>
    recipients.length > 0 ? [{ pool, recipients }] : [],
  );
  checkMappings(mappings, rules, isName);
  checkSchedule(schedule, rules);
}
