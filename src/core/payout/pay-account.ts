import type { Books } from '../books.ts';
import { bookEntry, credit, isEntry } from '../scoring/stake-time/book.ts';
import { presentRate, sharesFor, valueOf } from '../scoring/stake-time/value.ts';
import type { Account, Payout, Position, Window } from '../state.ts';
import { rateRuleOf } from '../program.ts';

/** What policies gave an account; `waits`: a share that waits, of which nothing is paid now. */
export interface PolicyAward {
  readonly due: bigint;
  readonly waits: boolean;
}

/**
 * Pays one account its part of the allocation: due = floor(amount x score / total), multiplied first, divided once; or what
 * policies gave it.
 *
 * What is due is restaked over the account's present stakes, floor(value x due / sum of values) on each, computed from
 * the stakes before the reward; what the floors leave stays liquid. Without a stake of any worth nothing is delivered and
 * the due goes to the residual: what cannot be delivered to one account never fails the batch.
 * Source: shared/vectors/stake/README.md, sections 3 and 4.
 */
export function payAccount(
  books: Books,
  window: Window,
  account: Account,
  score: bigint,
  award?: PolicyAward,
): Omit<Payout, 'id'> {
  const due = award === undefined ? (window.amount * score) / window.total! : award.due;
  const { period, pool } = window;
  // The closing score is used up: what stays of it is the payout.
  if (account.scores.has(period)) books.addScore(account, period, -account.scores.get(period)!);
  if (due === 0n) {
    const reason = award?.waits === true ? 'carried' : 'below-one-unit';
    return { period, pool, account, score, due, restaked: 0n, liquid: 0n, reason };
  }
  const [only] = account.positions;
  if (account.positions.length === 1 && worthIn(books, only!) > 0n) {
    const restaked = restake(books, window, account, only!, due) ? due : 0n;
    return { period, pool, account, score, due, restaked, liquid: due - restaked, reason: 'paid' };
  }
  const { worths, worth } = worthOf(books, account);
  if (worth === 0n) return { period, pool, account, score, due, restaked: 0n, liquid: 0n, reason: 'no-stake' };
  let restaked = 0n;
  for (let index = 0; index < worths.length; index += 1) {
    const part = (worths[index]! * due) / worth;
    if (part > 0n && restake(books, window, account, account.positions[index]!, part)) restaked += part;
  }
  return { period, pool, account, score, due, restaked, liquid: due - restaked, reason: 'paid' };
}

/** Whole tokens that a position is worth at present. */
function worthIn(books: Books, position: Position): bigint {
  return valueOf(position.shares, presentRate(books.validatorById(position.validator)), rateRuleOf(books.rules));
}

/** What each position of an account is worth at present, and their sum. */
function worthOf(books: Books, account: Account): { worths: bigint[]; worth: bigint } {
  const worths: bigint[] = [];
  let worth = 0n;
  for (const position of account.positions) {
    const value = worthIn(books, position);
    worths.push(value);
    worth += value;
  }
  return { worths, worth };
}

/**
 * Adds a reward to a stake, counted for the next period from the boundary on, whenever it is paid: one's place in the
 * queue is worth nothing. Where the rate has not changed since the boundary, the position simply is larger from there;
 * what changed since then is credited apart. After a change of rate the reward counts as the tokens that it is now.
 * Returns false when the amount does not buy the smallest share (it then stays liquid).
 */
function restake(books: Books, window: Window, account: Account, position: Position, tokens: bigint): boolean {
  const rate = presentRate(books.validatorById(position.validator));
  const shares = sharesFor(tokens, rate);
  if (shares === 0n) return false;
  if (isEntry(position)) {
    const now = Math.max(books.second, window.boundary);
    const rateIsOlder = rate.since <= window.boundary;
    if (!rateIsOlder) bookEntry(books, account, position, now);
    const alone = position.since > window.boundary ? position.since : window.boundary;
    if (alone > window.boundary) {
      credit(books, account, valueOf(shares, rate, rateRuleOf(books.rules)), window.boundary, alone);
    } else {
      position.since = window.boundary;
    }
  }
  position.shares += shares;
  books.positionChanged(account, position);
  books.onRestaked?.(position, tokens);
  return true;
}
