import type { Instant, Model } from '../../api/types.ts';

/** A row of `/scores`, by how the program scores. */
export interface Staker {
  readonly account: string;
  readonly excluded: boolean;
  readonly stakes: readonly { readonly validator: string; readonly tokens: string }[];
  readonly staked: string;
  readonly score: string;
  readonly period: number;
}
export interface Holder {
  readonly account: string;
  readonly part: string;
  readonly lanes: readonly { readonly lane: string; readonly held: string }[];
}
export interface Contributor {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  readonly score: string;
  readonly lifetime: string;
  readonly paid: string;
  readonly last_activity: Instant | null;
}
export type Row = Staker | Holder | Contributor;

/** A page of them. Of a market and a community also which period they are of. */
export interface Scores {
  readonly model: Model;
  readonly items: readonly Row[];
  readonly next: string | null;
  readonly total: number;
  readonly as_of: { readonly seq: number; readonly time: Instant };
  readonly period?: number;
  readonly factor?: string;
}

export const sortings = ['name', '-name', 'score', '-score', 'stake', '-stake'] as const;
export type Sorting = (typeof sortings)[number];

/** How the server sorts without being asked. */
export const usualSort = (model: Model): Sorting => (model === 'cred' ? '-score' : 'name');
