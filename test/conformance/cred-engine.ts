import { equal } from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { Engine } from '../../src/app/engine.ts';
import type { Store } from '../../src/app/ports.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import type { ProgramDefinition } from '../../src/core/program.ts';
import { coveringIntervals } from '../../src/core/scoring/cred/intervals.ts';
import { credProgram, edge, idOf, node, person } from '../app/cred-small.ts';
import type { VectorResult } from './stake.ts';
import { readText } from './vector-file.ts';

type Vector = { readonly name: string } & Readonly<Record<string, any>>;

const PROGRAM = 'grain';

/**
 * Replays the CredRank vectors (README of that folder) as programs: graph, people and what they leave to others are logged, a window over
 * all of the time is settled, and the cred of everybody by interval is computed of what the store gives back. Left out are vectors that
 * are refused or have times outside, and those whose intervals are not weeks. A node that is missing was there and is removed. `pick`: which
 * of the vectors, by their place, from 1.
 */
export async function* runCredVectorsInStore(
  dir: string,
  openStore: () => Store,
  pick: (nth: number) => boolean = () => true,
): AsyncGenerator<VectorResult> {
  const files = readdirSync(dir).filter((name) => /^credrank_(hand|random|synthetic).*\.json(\.gz)?$/.test(name));
  let nth = 0;
  for (const file of files.toSorted()) {
    const content = JSON.parse(readText(dir, file)) as Vector;
    for (const vector of (content['cases'] ?? [content]) as Vector[]) {
      if (!isLoggable(vector) || !pick((nth += 1))) continue;
      const store = openStore();
      try {
        yield { name: vector.name, failure: await failureOf(vector, store) };
      } finally {
        await store.close();
      }
    }
  }
}

function isLoggable({ nodes, edges, intervals, expected, quirk }: Vector): boolean {
  const times: number[] = [...nodes, ...edges].map((one) => one.timestampMs).filter((time) => time !== null);
  const [start, end] = [intervals[0]?.[0], intervals.at(-1)?.[1]];
  return (
    expected.error === null &&
    quirk !== true &&
    times.every((time) => time >= start && time < end) &&
    JSON.stringify(coveringIntervals('weeks', start, end - 1).map((one) => [one.start, one.end])) ===
      JSON.stringify(intervals)
  );
}

const address = (id: string): string => `vector/${id}`;
const nameOf = (id: string): string => id.replaceAll('_', '-');

function eventsOf({ nodes, edges, participants, personalAttributions, intervals }: Vector): ProrataEvent[] {
  const [start, end] = [intervals[0][0] / 1000, intervals.at(-1)[1] / 1000];
  const weight = (value: number): string => String(value);
  const known = new Set<string>(nodes.map(({ id }: Vector) => id));
  const ends = edges.flatMap(({ src, dst }: Vector): string[] => [src, dst]);
  const absent = [...new Set<string>(ends)].filter((id) => !known.has(id));
  return [
    ...absent.map((id) => node(address(id), start)),
    // Nodes that are worth nothing, so that the weeks of the graph are those of the vector.
    ...[start, end - 1].map((second) => node(address(`pad-${second}`), second, { weight: '0' })),
    ...nodes.map(({ id, timestampMs, mint }: Vector) => {
      const made = node(address(id), start, {
        weight: weight(mint),
        ...(timestampMs === null ? { timeless: true } : {}),
      });
      return timestampMs === null ? made : { ...made, time: timestampMs };
    }),
    ...edges.map(({ id, src, dst, timestampMs, forward, backward }: Vector) => ({
      ...edge(`vector/${id}`, address(src), address(dst), start, {
        forward: weight(forward),
        backward: weight(backward),
      }),
      time: timestampMs,
    })),
    ...absent.map((id) => ({ kind: 'node-removed' as const, key: `no ${id}`, time: start * 1000, node: address(id) })),
    ...participants.flatMap(({ id, nodeId }: Vector) => person(nameOf(id), ['vector', nodeId], start)),
    ...personalAttributions.flatMap(({ from, recipients }: Vector) =>
      recipients.flatMap(({ to, proportions }: Vector) =>
        proportions.map(({ timestampMs: time, value }: Vector) => ({
          ...{ kind: 'attribution', key: `${from} ${to} ${time}`, time, part: weight(value) },
          ...{ from: idOf(nameOf(from)), to: idOf(nameOf(to)) },
        })),
      ),
    ),
  ];
}

function definition({ parameters, intervals }: Vector): ProgramDefinition {
  const { alpha, beta, gammaForward, gammaBackward } = parameters;
  const scoring = { alpha, beta, gamma_forward: gammaForward, gamma_backward: gammaBackward };
  return {
    ...credProgram({ scoring }),
    name: PROGRAM,
    schedule: [{ at: intervals.at(-1)[1] / 1000, allocations: [{ pool: 'community', amount: 1000n }] }],
    start: intervals[0][0] / 1000,
  };
}

/** The first figure that differs by more than 1e-9 of itself and 1e-12 of the total, as of the vectors themselves. */
async function failureOf(vector: Vector, store: Store): Promise<string | null> {
  const engine = new Engine(store);
  const { intervals, expected } = vector;
  await engine.createProgram(definition(vector));
  const refusals: string[] = [];
  await engine.ingest(PROGRAM, eventsOf(vector), {
    onRefused: (_, { code, message }) => refusals.push(`${code}: ${message}`),
  });
  if (refusals.length > 0) return refusals[0]!;
  await engine.advance(PROGRAM, { to: intervals.at(-1)[1] });
  try {
    const view = await engine.credView(PROGRAM, { period: 1 });
    equal(view.status, 'settled');
    const scores = view.closing.scores!;
    const count = intervals.length;
    equal(scores.input.intervals.length, count, 'number of intervals');
    for (const { id, credPerInterval } of expected.converged.participants) {
      const p = scores.input.participants.findIndex((one) => one.id === idOf(nameOf(id)));
      for (const [k, wanted] of credPerInterval.entries()) {
        const got = scores.cred[p * count + k]!;
        if (Math.abs(got - wanted) > 1e-9 * wanted + 1e-12 * expected.totalMint)
          throw new Error(`${id} in ${k}: ${got}, expected ${wanted}`);
      }
    }
    equal((await engine.verify(PROGRAM)).holds, true);
    return null;
  } catch (error) {
    return (error as Error).message.replaceAll(/\s+/g, ' ').slice(0, 1000);
  }
}
