import { bonusPrefix } from '../../core/scoring/cred/minting.ts';
import { credByOrigin } from '../../core/scoring/cred/origins.ts';
import { apportion } from '../../core/scoring/cred/scale.ts';
import { scoreOfRow } from '../../core/scoring/cred/explain.ts';
import type { CredScores } from '../../core/scoring/cred/solve.ts';
import { sum } from '../../core/money/sum.ts';
import { personOf, sourceOf } from './read.ts';
import type { CredView } from './view.ts';

/** Kinds of contributions that are told apart: those that gave most. What the others gave is one sum. */
const kindsMost = 40;

/** A kind of contributions. */
export interface CredKind {
  /** Where they come from, as `sourceOf` says; `people`: cred that came from people. `null`: many sources together, which gave little each. */
  readonly source: string | null;
  /** What they are there, such as `commit`; `null`: their addresses do not say. */
  readonly kind: string | null;
  /** How many there are. */
  readonly contributions: number;
}

export interface CredKindScore extends CredKind {
  /** In the period. */
  readonly score: bigint;
  /** Of all periods so far, as it is known now. */
  readonly lifetime: bigint;
}

/**
 * What gave people their cred, by kind: what gave most of a lifetime first. The scores of a period and of a lifetime are those of `credPersons`,
 * divided: they add up to them. What gave nothing is left out, of everybody only people. `whom`: of one person alone; throws NotFoundError `account-unknown`.
 */
export function credKinds(view: CredView, whom?: string): CredKindScore[] {
  const { kinds, scores } = credByKind(view, whom);
  return kinds
    .map((kind, at) => ({
      ...kind,
      score: sum(scores[at]!.filter((_, k) => isOfPeriod(view, k))),
      lifetime: sum(scores[at]!),
    }))
    .filter(({ contributions, lifetime }) => lifetime > 0n || (whom === undefined && contributions > 0))
    .toSorted((a, b) => (a.lifetime === b.lifetime ? 0 : a.lifetime < b.lifetime ? 1 : -1));
}

export interface CredMoment {
  /** Milliseconds. */
  readonly start: number;
  readonly end: number;
  /** The period it lies in; `null`: before the first one. */
  readonly period: number | null;
  readonly score: bigint;
  /** By kind, those that gave something; together they are `score`. */
  readonly kinds: readonly { readonly source: string | null; readonly kind: string | null; readonly score: bigint }[];
}

/**
 * Cred over time, by kind, ascending: by the intervals in which it is counted, or by periods. All of it is as the period of the view knows it; what
 * closed periods were paid by may differ. `whom`: of one person; throws NotFoundError `account-unknown`.
 */
export function credTimeline(
  view: CredView,
  { whom, by }: { readonly whom?: string; readonly by: 'interval' | 'period' },
): CredMoment[] {
  const { kinds, scores } = credByKind(view, whom);
  const { periodOf, scores: solved } = view.closing;
  const periods = [null, ...view.reading.closed.map(({ period }) => period), view.period];
  const stretches: { start: number; end: number; period: number | null; intervals: number[] }[] = [];
  for (const [k, { start, end }] of (solved?.input.intervals ?? []).entries()) {
    const period = periods[periodOf[k]!]!;
    const last = stretches.at(-1);
    if (by === 'interval' || last?.period !== period) stretches.push({ start, end, period, intervals: [k] });
    else {
      last.end = end;
      last.intervals.push(k);
    }
  }
  return stretches.map(({ intervals, ...stretch }) => {
    const given = kinds.map(({ source, kind }, at) => ({
      source,
      kind,
      score: sum(intervals.map((k) => scores[at]![k]!)),
    }));
    return { ...stretch, score: sum(given.map(({ score }) => score)), kinds: given.filter(({ score }) => score > 0n) };
  });
}

/** Whether an interval lies in the period of the view. */
const isOfPeriod = ({ closing, reading }: CredView, interval: number): boolean =>
  closing.periodOf[interval] === reading.closed.length + 1;

/** Scores by kind and by interval, of a person or of everybody. */
interface CredByKind {
  readonly kinds: readonly CredKind[];
  /** By kind, then by interval. */
  readonly scores: readonly (readonly bigint[])[];
}

/** Of everybody; computed once for a view. */
const known = new WeakMap<CredView['closing'], CredByKind>();
const groupings = new WeakMap<CredScores, Grouping>();

/**
 * Each score of a person and an interval is divided in the proportion of what gave it, by the largest remainders, and everybody's are the
 * sums of these: over all kinds they are the scores of the view, to the unit.
 */
function credByKind(view: CredView, whom?: string): CredByKind {
  const { closing, reading } = view;
  const { scores } = closing;
  if (whom !== undefined) {
    const p = reading.persons.indexOf(personOf(reading.persons, whom));
    return scores === null ? { kinds: [], scores: [] } : ofPersons(view, scores, [p]);
  }
  if (scores === null) return { kinds: [], scores: [] };
  let all = known.get(closing);
  if (all === undefined) {
    all = ofPersons(view, scores, [...reading.persons.keys()]);
    known.set(closing, all);
  }
  return all;
}

function ofPersons({ closing }: CredView, scores: CredScores, persons: readonly number[]): CredByKind {
  const grouping = groupingOf(scores);
  const count = scores.input.intervals.length;
  const sums = grouping.kinds.map(() => Array<bigint>(count).fill(0n));
  for (const p of persons) {
    const cred = credByOrigin(scores, p, { groups: grouping.kinds.length, groupOf: grouping.groupOf });
    const groups = [...cred.keys()].filter((group) => cred[group] !== null);
    for (const [k, score] of closing.scaled[p]!.entries()) {
      if (score === 0n) continue;
      const giving = groups.filter((group) => cred[group]![k]! > 0);
      const parts = apportion(
        score,
        giving.map((group) => cred[group]![k]!),
      );
      for (const [i, part] of parts.entries()) sums[giving[i]!]![k]! += part;
    }
  }
  return { kinds: grouping.kinds, scores: sums };
}

interface Grouping {
  readonly kinds: readonly CredKind[];
  readonly groupOf: (row: number) => number;
}

function groupingOf(scores: CredScores): Grouping {
  let grouping = groupings.get(scores);
  if (grouping === undefined) {
    grouping = group(scores);
    groupings.set(scores, grouping);
  }
  return grouping;
}

/** Groups of rows: contributions by source and kind, the largest givers first; then people, and all the rest. */
function group(scores: CredScores): Grouping {
  const { chain, input } = scores;
  const places = new Map<string, number>();
  const all: { source: string; kind: string | null; contributions: number; gave: number }[] = [];
  const placeOfRow = new Int32Array(chain.bases);
  for (let row = 0; row < chain.bases; row += 1) {
    const { source, kind } = kindOf(input.graph.nodeIds[chain.nodeOfRow[row]!]!);
    const key = JSON.stringify([source, kind]);
    let place = places.get(key);
    if (place === undefined) {
      place = all.length;
      places.set(key, place);
      all.push({ source, kind, contributions: 0, gave: 0 });
    }
    placeOfRow[row] = place;
    all[place]!.contributions += 1;
  }
  for (let at = chain.start[chain.bases]!; at < chain.from.length; at += 1) {
    const giver = chain.from[at]!;
    if (giver < chain.bases) all[placeOfRow[giver]!]!.gave += scoreOfRow(scores, giver) * chain.probability[at]!;
  }
  const order = [...all.keys()].sort((a, b) => all[b]!.gave - all[a]!.gave || a - b);
  const shown = order.slice(0, kindsMost);
  const rest = order.slice(kindsMost);
  const people = shown.length;
  const groupOfPlace = new Int32Array(all.length).fill(people + 1);
  for (const [nth, place] of shown.entries()) groupOfPlace[place] = nth;
  const kinds = shown.map((place): CredKind => {
    const { source, kind, contributions } = all[place]!;
    return { source, kind, contributions };
  });
  kinds.push({ source: 'people', kind: null, contributions: 0 });
  if (rest.length > 0) {
    const contributions = rest.reduce((sum, place) => sum + all[place]!.contributions, 0);
    kinds.push({ source: null, kind: null, contributions });
  }
  return { kinds, groupOf: (row) => (row < chain.bases ? groupOfPlace[placeOfRow[row]!]! : people) };
}

/** Where a contribution comes from and what it is there: the part of its address after the source, where it is not the last. */
export function kindOf(address: string): { readonly source: string; readonly kind: string | null } {
  const source = sourceOf(address);
  const end = address.indexOf('/', source.length + 1);
  const kind = end < 0 || source === bonusPrefix ? null : address.slice(source.length + 1, end);
  return { source, kind };
}
