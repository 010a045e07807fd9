import type { Books } from '../../books.ts';
import type {
  Booked,
  CancelUnbonding,
  Delegate,
  Held,
  Redelegate,
  StakeEvent,
  Undelegate,
  ValidatorChanged,
  ValidatorJailed,
  ValidatorSet,
  ValidatorSlashed,
} from '../../events/event.ts';
import { type Refusal, refuse } from '../../events/refusal.ts';
import type { Account, Position, Validator } from '../../state.ts';
import { bookEntry, credit, isEntry } from './book.ts';
import { spanAt } from './spans.ts';
import { ONE, PAR, presentRate, reduced, sharesFor, valueOf } from './value.ts';
import { rateRuleOf } from '../../program.ts';

/** What it takes to judge names: the rules' account pattern, compiled once. */
export type IsName = (name: string) => boolean;

/**
 * Applies one staking event to the books: either all of it, or a refusal and nothing is changed.
 * Every change of a position first books what it has earned, so that no score is ever computed with later stake.
 */
export function applyStakeEvent(books: Books, event: StakeEvent, isName: IsName): Refusal | null {
  switch (event.kind) {
    case 'validator-set':
      return setValidator(books, event, isName);
    case 'validator-changed':
      return changeValidator(books, event);
    case 'validator-slashed':
      return slashValidator(books, event);
    case 'validator-jailed':
      return jailValidator(books, event);
    case 'delegate':
      return delegate(books, event, isName);
    case 'undelegate':
      return undelegate(books, event);
    case 'redelegate':
      return redelegate(books, event);
    case 'cancel-unbonding':
      return cancelUnbonding(books, event, isName);
    case 'held':
      return recordHeld(books, event, isName);
    case 'booked':
      return recordBooked(books, event, isName);
  }
}

// --- validators: a rate holds from the second of its event on; what was earned before keeps its value

function setValidator(books: Books, event: ValidatorSet, isName: IsName): Refusal | null {
  if (!isName(event.validator)) return malformedName('validator', event.validator);
  const refusal = checkRate(event);
  if (refusal) return refusal;
  const validator = books.validatorOf(event.validator);
  validator.jailed = event.jailed;
  setRate(books, validator, rateOf(event), books.second);
  return null;
}

function changeValidator(books: Books, event: ValidatorChanged): Refusal | null {
  const validator = books.validators.get(event.validator);
  if (!validator) return unknownValidator('validator', event.validator);
  const refusal = checkRate(event);
  if (refusal) return refusal;
  setRate(books, validator, rateOf(event), books.second);
  return null;
}

function slashValidator(books: Books, event: ValidatorSlashed): Refusal | null {
  const validator = books.validators.get(event.validator);
  if (!validator) return unknownValidator('validator', event.validator);
  if (event.fraction <= 0n || event.fraction > ONE) {
    return refuse('slash-fraction-range', 'A slash takes more than 0 and at most 1 (the whole).', 'fraction');
  }
  const rate = presentRate(validator);
  setRate(books, validator, reduced(rate.tokens * (ONE - event.fraction), rate.perShares * ONE), books.second);
  return null;
}

function jailValidator(books: Books, event: ValidatorJailed): Refusal | null {
  const validator = books.validators.get(event.validator);
  if (!validator) return unknownValidator('validator', event.validator);
  validator.jailed = event.jailed;
  books.validatorChanged(validator);
  return null;
}

function checkRate(event: { tokens: bigint; shares: bigint }): Refusal | null {
  if (event.tokens < 0n) return negative('tokens');
  if (event.shares < 0n) return negative('shares');
  if (event.tokens > 0n && event.shares === 0n) {
    return refuse('validator-shares-zero', `A validator with ${event.tokens} tokens must have shares.`, 'shares');
  }
  return null;
}

function rateOf(event: { tokens: bigint; shares: bigint }): { tokens: bigint; perShares: bigint } {
  return event.shares === 0n ? PAR : { tokens: event.tokens, perShares: event.shares };
}

/** The first rate holds from the beginning of time, so that imported entries of the past have one. */
function setRate(
  books: Books,
  validator: Validator,
  rate: { tokens: bigint; perShares: bigint },
  second: number,
): void {
  const { rates } = validator;
  const { window, periodStart } = books.state;
  const oldest = window?.start ?? periodStart;
  const since = rates.length === 0 ? 0 : second;
  // What ended before the oldest open period scores nothing any more; explanations of older ones replay the log.
  const needed = rates.filter(
    (known, index) => known.since !== since && (rates[index + 1]?.since ?? Infinity) > oldest,
  );
  validator.rates = [...needed, { since, ...rate }];
  books.validatorChanged(validator);
}

// --- stake

function delegate(books: Books, event: Delegate, isName: IsName): Refusal | null {
  if (!isName(event.account)) return malformedName('account', event.account);
  const bought = boughtShares(books, event.validator, event.amount, event.shares);
  if ('code' in bought) return bought;
  if (event.since !== undefined) {
    if (event.since > books.second) {
      return refuse('since-in-future', `An entry cannot begin at ${event.since}, after its event.`, 'since');
    }
    if (event.since < books.state.periodStart) {
      return refuse('period-closed', `The period of second ${event.since} is closed.`, 'since');
    }
    if (positionOn(books, event.account, bought.validator)) {
      return refuse('since-with-stake', 'Only a first delegation on a validator can be backdated.', 'since');
    }
  }
  increase(books, books.accountOf(event.account), bought.validator, bought.shares, event.since);
  return null;
}

function cancelUnbonding(books: Books, event: CancelUnbonding, isName: IsName): Refusal | null {
  if (!isName(event.account)) return malformedName('account', event.account);
  const bought = boughtShares(books, event.validator, event.amount, undefined);
  if ('code' in bought) return bought;
  increase(books, books.accountOf(event.account), bought.validator, bought.shares);
  return null;
}

function undelegate(books: Books, event: Undelegate): Refusal | null {
  const sold = soldShares(books, event.account, event.validator, 'validator', event.amount, event.shares);
  if ('code' in sold) return sold;
  decrease(books, sold.account, sold.position, sold.shares);
  return null;
}

function redelegate(books: Books, event: Redelegate): Refusal | null {
  const sold = soldShares(books, event.account, event.from, 'from', event.amount, undefined);
  if ('code' in sold) return sold;
  if (event.from === event.to) return refuse('redelegate-to-itself', 'A redelegation needs two validators.', 'to');
  const bought = boughtShares(books, event.to, event.amount, undefined, 'to');
  if ('code' in bought) return bought;
  decrease(books, sold.account, sold.position, sold.shares);
  increase(books, sold.account, bought.validator, bought.shares);
  return null;
}

type Bought = { validator: Validator; shares: bigint };
type Sold = { account: Account; position: Position; shares: bigint };

function boughtShares(
  books: Books,
  name: string,
  amount: bigint | undefined,
  exact: bigint | undefined,
  field = 'validator',
): Bought | Refusal {
  const validator = books.validators.get(name);
  if (!validator) return unknownValidator(field, name);
  if (exact !== undefined) return exact > 0n ? { validator, shares: exact } : sharesZero();
  const rate = presentRate(validator);
  if (rate.tokens === 0n) {
    return refuse(
      'validator-worthless',
      `Shares of ${name} are worth nothing, so no amount can be turned into them.`,
      field,
    );
  }
  const shares = sharesFor(amount!, rate);
  return shares > 0n ? { validator, shares } : sharesZero();
}

function sharesZero(): Refusal {
  return refuse('shares-zero', 'This amount does not buy the smallest share (10^-18).', 'amount');
}

function soldShares(
  books: Books,
  accountName: string,
  validatorName: string,
  field: string,
  amount: bigint | undefined,
  exact: bigint | undefined,
): Sold | Refusal {
  const validator = books.validators.get(validatorName);
  if (!validator) return unknownValidator(field, validatorName);
  const account = books.account(accountName);
  const position = positionOn(books, accountName, validator);
  if (exact !== undefined) {
    if (!account || !position || exact > position.shares) {
      return insufficient('shares', accountName, validatorName, position?.shares ?? 0n, exact);
    }
    return exact > 0n ? { account, position, shares: exact } : sharesZero();
  }
  if (amount! <= 0n) return sharesZero();
  const rate = presentRate(validator);
  const value = position ? valueOf(position.shares, rate, rateRuleOf(books.rules)) : 0n;
  if (!account || !position || amount! > value) {
    return insufficient('amount', accountName, validatorName, value, amount!);
  }
  // Taking all of its worth takes the position whole: no dust stays behind. Otherwise rounded down, as the SDK does.
  const shares = amount === value ? position.shares : sharesFor(amount!, rate);
  return shares > 0n ? { account, position, shares } : sharesZero();
}

function insufficient(field: string, account: string, validator: string, has: bigint, wants: bigint): Refusal {
  const unit = field === 'shares' ? 'shares (scaled by 10^18)' : 'tokens';
  return refuse('stake-insufficient', `${account} has ${has} ${unit} on ${validator}, less than ${wants}.`, field);
}

function positionOn(books: Books, account: string, validator: Validator): Position | undefined {
  return books.account(account)?.positions.find((position) => position.validator === validator.id);
}

/** Adds shares from now on (or, for an imported entry, from second `since` on). */
function increase(books: Books, account: Account, validator: Validator, shares: bigint, since?: number): void {
  const position = account.positions.find((held) => held.validator === validator.id);
  if (position) {
    bookUntilNow(books, account, position);
    position.shares += shares;
    books.positionChanged(account, position);
  } else {
    // An imported entry of an excluded account is kept as it came: it scores nothing, but it is part of that state.
    const from = since ?? (account.excluded ? null : books.second);
    books.addPosition(account, { validator: validator.id, shares, since: from, bucket: books.state.bucket });
  }
}

function decrease(books: Books, account: Account, position: Position, shares: bigint): void {
  bookUntilNow(books, account, position);
  if (shares === position.shares) {
    books.removePosition(account, position);
  } else {
    position.shares -= shares;
    books.positionChanged(account, position);
  }
}

function bookUntilNow(books: Books, account: Account, position: Position): void {
  if (account.excluded) position.since = null;
  else if (isEntry(position)) bookEntry(books, account, position, books.second);
}

// --- what another system knows of the past

function recordHeld(books: Books, event: Held, isName: IsName): Refusal | null {
  if (!isName(event.account)) return malformedName('account', event.account);
  if (!books.validators.has(event.validator)) return unknownValidator('validator', event.validator);
  if (event.from >= event.until || event.until > books.second) {
    return refuse('held-range', 'Stake was held from an earlier to a later second, at most until its event.', 'until');
  }
  if (event.from < books.state.periodStart) {
    return refuse('period-closed', `The period of second ${event.from} is closed.`, 'from');
  }
  if (event.amount < 0n) return negative('amount');
  credit(books, books.accountOf(event.account), event.amount, event.from, event.until);
  return null;
}

function recordBooked(books: Books, event: Booked, isName: IsName): Refusal | null {
  if (!isName(event.account)) return malformedName('account', event.account);
  const running = spanAt(books.spans, books.second).period;
  const period = event.period ?? running;
  if (period > running || period < books.state.nextPeriod) {
    return refuse('period-closed', `Period ${period} takes no scores; the running one is ${running}.`, 'period');
  }
  if (event.score < 0n) return negative('score');
  if (event.score === 0n) return null;
  const { state, spans } = books;
  // The score belongs to this period by its number: no boundary may appear or vanish before it any more.
  state.bookedUntil = Math.max(state.bookedUntil, spans.find((span) => span.period === period)!.start + 1);
  const account = books.accountOf(event.account);
  books.addScore(account, period, event.score);
  if (!account.excluded) books.addTotal(period, event.score);
  return null;
}

// --- refusals

function negative(field: string): Refusal {
  return refuse('amount-negative', `The ${field} of an event is never negative.`, field);
}

function malformedName(field: string, name: string): Refusal {
  return refuse('invalid-address', `"${name}" is not a well-formed ${field} of this program.`, field);
}

function unknownValidator(field: string, name: string): Refusal {
  return refuse('validator-unknown', `There is no validator "${name}"; a validator-set event must come first.`, field);
}
