import { InvalidInputError } from '../core/errors.ts';
import type { SpaceView } from '../core/scoring/cred/space-view.ts';

export type Scalar = string | number | boolean | null;
/** What a place of a document must show. */
export type Wanted = Scalar | WantedMap;
export interface WantedMap {
  readonly [key: string]: Wanted;
}

/**
 * The document's content, all of it below the root: maps by the engine's ids, so that two who publish the same write the same
 * entries. Throws InvalidInputError `document-view-invalid`: one id twice, an amount that is none.
 */
export function contentOf(view: SpaceView): WantedMap {
  return {
    about: { ...view.about },
    heads: { ...view.heads },
    nodes: byKey(
      view.nodes,
      ({ node }) => node,
      ({ at, weight, label, url }) => ({ at, weight, label, url }),
    ),
    edges: byKey(
      view.edges,
      ({ edge }) => edge,
      ({ from, to, at, forward, backward }) => ({ from, to, at, forward, backward }),
    ),
    identities: byKey(
      view.identities,
      ({ id }) => id,
      ({ name, type, active }) => ({ name, type, active }),
    ),
    aliases: byKey(
      view.aliases,
      ({ address }) => address,
      ({ identity, description }) => ({ identity, description }),
    ),
    periods: byKey(
      view.periods,
      ({ id }) => digits(id),
      ({ start, end, total }) => ({ start, end, total: decimal(total) }),
    ),
    // The largest by far: one value each, no map.
    scores: byKey(
      view.scores,
      ({ period, account }) => `${digits(period)}/${account}`,
      ({ score }) => decimal(score),
    ),
    accounts: byKey(
      view.accounts,
      ({ id }) => id,
      ({ balance, paid }) => ({ balance: whole(balance), paid: whole(paid) }),
    ),
    payouts: byKey(
      view.payouts,
      ({ id }) => id,
      ({ period, account, amount, posting, reversed }) => ({
        ...{ period: digits(period), account, amount: digits(amount), posting, reversed },
      }),
    ),
  };
}

function byKey<T>(items: readonly T[], keyOf: (item: T) => string, show: (item: T) => Scalar | object): WantedMap {
  const entries = new Map<string, Wanted>();
  for (const item of items) {
    const key = keyOf(item);
    if (entries.has(key)) throw invalid(`${JSON.stringify(key)} twice`, 'every id once');
    if (key === '' || key === '__proto__') throw invalid(JSON.stringify(key), 'an id that can be a key');
    const value = show(item) as Wanted;
    // An absent field may come as one that is undefined, which documents do not have.
    const fields = typeof value === 'object' && value !== null;
    entries.set(
      key,
      fields ? Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) : value,
    );
  }
  return Object.fromEntries(entries);
}

const matching =
  (pattern: RegExp, accepted: string) =>
  (text: unknown): string => {
    if (typeof text === 'string' && pattern.test(text)) return text;
    throw invalid(typeof text === 'string' ? JSON.stringify(text) : `a ${typeof text}`, accepted);
  };

const digits = matching(/^\d+$/, 'digits as text');
const whole = matching(/^-?\d+$/, 'a whole number as text');
const decimal = matching(/^\d+(?:\.\d+)?$/, 'a decimal of 0 or more as text');

const invalid = (found: string, accepted: string): InvalidInputError =>
  new InvalidInputError('document-view-invalid', `Found ${found} in what is to be shown; accepted: ${accepted}.`);
