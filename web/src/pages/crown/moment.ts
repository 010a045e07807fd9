import { secondsOf } from './cells.ts';

/** What `/crown/at` answers. */
export interface Moment {
  readonly lane: string;
  readonly lanes: readonly { readonly lane: string; readonly higher_wins: boolean }[];
  readonly at: string;
  readonly period: number;
  readonly status: 'settled' | 'open' | 'running';
  readonly known: { readonly from: string; readonly to: string } | null;
  readonly as_of: number;
  readonly best: string | null;
  readonly holders: readonly Stand[];
  readonly passed_over: readonly (Omit<Stand, 'share'> & { readonly why: string })[];
  readonly counts: Readonly<Record<string, number>>;
}

interface Stand {
  readonly account: string;
  readonly quote: string | null;
  readonly event: number | null;
  readonly share: string;
}

/** Why somebody does not hold, in words. */
const whys: Readonly<Record<string, string>> = {
  outbid: 'outbid',
  'not-fundable': 'too little collateral',
  'not-routable': 'nothing can be routed at its rate',
  busy: 'busy',
  'no-quote': 'no quote',
  'not-active': 'inactive',
  'not-eligible': 'not eligible',
  excluded: 'excluded',
};
export const whyText = (why: string): string => whys[why] ?? why;

/** `otto held alone`, `otto 1/2, kira 1/2 held`: a few of those who held. */
export function holdersText(holders: readonly Pick<Stand, 'account' | 'share'>[]): string {
  const [first] = holders;
  if (first === undefined) return 'nobody held';
  if (holders.length === 1) return `${first.account} held alone`;
  const names = holders.map(({ account, share }) => `${account} ${share}`);
  return `${fewOf(names, 4)} held`;
}

/** `12 outbid, 3 busy`: of everybody who was passed over, the commonest reason first. */
export const countsText = ({ counts }: Pick<Moment, 'counts'>): string =>
  Object.entries(counts)
    .filter(([why]) => why !== 'holders')
    .sort(([, a], [, b]) => b - a)
    .map(([why, count]) => `${count} ${whyText(why)}`)
    .join(', ');

/** Names, a few of them. */
export function fewOf(names: readonly string[], most: number): string {
  const more = names.length - most;
  return more <= 0 ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${more} more`;
}

/** `150 of 300 s (50 %)`; the part cut off with `~` where it is not whole. */
export function heldOf(held: string | null, cellSeconds: number): string {
  if (held === null) return `0 of ${cellSeconds} s`;
  const part = (secondsOf(held) / cellSeconds) * 100;
  const whole = Math.floor(part + 1e-9);
  const exact = !held.startsWith('~') && Math.abs(part - whole) < 1e-9;
  return `${held} of ${cellSeconds} s (${exact ? '' : '~'}${whole} %)`;
}
