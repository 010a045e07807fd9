import { tokenId } from '../../app/cred/sync.ts';
import { ConflictError, InvalidInputError } from '../../core/errors.ts';
import type { Attribution } from '../../core/events/event.ts';
import { parseAmount } from '../../core/money/amount.ts';
import type { People } from '../../core/scoring/cred/people.ts';
import type { Action } from '../../core/token/event.ts';
import { sortedKeys } from '../../core/token/log.ts';
import { isTokenId, isWindowId } from '../../core/token/names.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { choiceOption } from '../options.ts';
import { idOf, namesOf } from '../../views/account-names.ts';
import { eventJson, json } from '../print.ts';
import { writing } from '../session.ts';
import { appendAll, assertAt, settingEvent } from '../settings.ts';
import { currencyOption } from './currency-text.ts';
import { changing, type Draft, type TokenFlags } from './draft.ts';

/** `prorata people currency`: in what people are paid outside. */
export async function currency(options: TokenFlags & { action: string; currency?: string }, io: Io): Promise<number> {
  const action = choiceOption(options.action, 'ACTION', ['set', 'remove'] as const);
  if ((action === 'set') !== (options.currency !== undefined)) {
    const message = 'Accepted: "set CURRENCY", or "remove".';
    throw new InvalidInputError('option-invalid', message, { option: 'CURRENCY' });
  }
  const given = options.currency === undefined ? null : currencyOption(options.currency, 'CURRENCY');
  return changing(options, io, (draft) => {
    draft.operate(given === null ? { op: 'remove-currency' } : { op: 'set-currency', currency: given });
  });
}

/** `prorata people accounting`: whether people have balances here. */
export async function accounting(options: TokenFlags & { state: string }, io: Io): Promise<number> {
  const on = isOn(options.state);
  return changing(options, io, (draft) => draft.operate({ op: on ? 'enable-accounting' : 'disable-accounting' }));
}

/** `prorata people tracking`: whether it is tracked what was executed outside. */
export async function tracking(options: TokenFlags & { state: string }, io: Io): Promise<number> {
  const on = isOn(options.state);
  return changing(options, io, (draft) => {
    if (draft.people.ledger.trackingEnabled === on) return;
    draft.act({ type: on ? 'ENABLE_GRAIN_INTEGRATION' : 'DISABLE_GRAIN_INTEGRATION' });
  });
}

const isOn = (state: string): boolean => choiceOption(state, 'STATE', ['on', 'off'] as const) === 'on';

/** `prorata people executed`: a distribution was paid outside. */
export async function executed(options: TokenFlags & { distribution: string }, io: Io): Promise<number> {
  const id = distributionOption(options.distribution);
  return changing(options, io, (draft) => draft.act({ type: 'MARK_DISTRIBUTION_EXECUTED', id }));
}

/** `prorata people transfer`: from one balance to another. With --key it can be said again. */
export async function transfer(
  options: TokenFlags & { from: string; to: string; amount: string; memo?: string; key?: string },
  io: Io,
): Promise<number> {
  const amount = `${parseAmount(options.amount, 'amount')}`;
  return changing(options, io, (draft) => {
    const [from, to] = [idOf(draft.people, options.from), idOf(draft.people, options.to)];
    const action: Action = { type: 'TRANSFER_GRAIN', from, to, amount, memo: options.memo ?? null };
    if (options.key === undefined) draft.act(action);
    else actOnce(draft, action, options.key);
  });
}

/** The id comes from the key alone. Throws ConflictError `event-key-conflict` when it was used for something else. */
function actOnce(draft: Draft, action: Action, key: string): void {
  const id = tokenId(`key ${key}`, () => true);
  const known = draft.people.ledger.events.find(({ uuid }) => uuid === id);
  if (known === undefined) return draft.act(action, id);
  if (JSON.stringify(sortedKeys(known.action)) === JSON.stringify(sortedKeys(action))) return;
  throw new ConflictError('event-key-conflict', `Event ${id} (key ${key}) is in the log with other content.`, { key });
}

/** `prorata people reverse`: takes back what a distribution paid, to all or to one. */
export async function reverse(
  options: TokenFlags & { distribution: string; account?: string; reason: string },
  io: Io,
): Promise<number> {
  const distributionId = distributionOption(options.distribution);
  const { account, reason } = options;
  return changing(options, io, (draft) => {
    if (account === undefined) draft.act({ type: 'REVERSE_DISTRIBUTION', distributionId, reason });
    else for (const action of receiptReversals(draft.people, { distributionId, account, reason })) draft.act(action);
  });
}

/** One for each id and allocation that the distribution paid somebody by. Where none is left, one for the ledger to refuse. */
function receiptReversals(
  people: People,
  {
    distributionId,
    account,
    reason,
  }: { readonly distributionId: string; readonly account: string; readonly reason: string },
): Action[] {
  const named = idOf(people, account);
  const receipts = people.ledger
    .account(named)!
    .receipts.filter((receipt) => receipt.distributionId === distributionId);
  const standing = receipts.filter(({ reversed }) => reversed === null);
  const asked = new Map<string, Action>();
  for (const { allocationId, id: identityId } of standing.length > 0 ? standing : receipts.slice(0, 1))
    asked.set(`${allocationId} ${identityId}`, { type: 'REVERSE_RECEIPT', allocationId, identityId, reason });
  if (asked.size > 0) return [...asked.values()];
  return [{ type: 'REVERSE_RECEIPT', allocationId: distributionId, identityId: named, reason }];
}

function distributionOption(text: string): string {
  if (isWindowId(text) || isTokenId(text)) return text;
  throw new InvalidInputError(
    'option-invalid',
    `DISTRIBUTION: found ${JSON.stringify(text)}; accepted: period-N for what the window of a period paid, or an id of 22 characters.`,
    { option: 'DISTRIBUTION', found: text },
  );
}

/** `prorata people attribute`: from now on a part of somebody's cred is another's. */
export async function attribute(
  options: TokenFlags & { from: string; to: string; part: string; key?: string },
  io: Io,
): Promise<number> {
  assertAt(io, options);
  return writing(io, options, async (session) => {
    const people = await session.engine.people(session.program);
    // What is left by an id that was merged into another counts for nobody.
    const personOf = (text: string): string => people.ledger.rootOf(idOf(people, text))!;
    const [from, to] = [personOf(options.from), personOf(options.to)];
    const fields = { kind: 'attribution', from, to, part: options.part };
    const event = await settingEvent<Attribution>(session, options, fields);
    const summary = await appendAll(session, [event]);
    const known = summary.duplicate > 0;
    const dryRun = options.dryRun === true;
    if (options.json === true) {
      const facts = { program: session.program, event: eventJson(event), recorded: !known, dryRun };
      await io.stdout.write(`${json({ ...facts, seq: known ? null : summary.events })}\n`);
    } else if (options.quiet !== true) {
      const { text } = namesOf(people);
      await io.stdout.write(
        known
          ? `event ${event.key} is in the log already: nothing changed\n`
          : `${dryRun ? 'would record' : 'recorded'} ${event.part} of the cred of ${text(from)} to ${text(to)} (event ${event.key})\n`,
      );
    }
    return exitCodes.ok;
  });
}
