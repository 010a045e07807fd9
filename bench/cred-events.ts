import { CHUNK_EVENTS } from '../src/app/ingest.ts';
import type { ProrataEvent } from '../src/core/events/event.ts';
import type { ProgramDefinition } from '../src/core/program.ts';
import { addressOf } from '../src/core/scoring/cred/address.ts';
import { coveringIntervals, type IntervalKind, intervalKinds } from '../src/core/scoring/cred/intervals.ts';
import { toNulAddress } from '../src/core/token/nul-address.ts';
import { parseCredScoring } from '../src/core/scoring/cred/scoring.ts';
import { weightText } from '../src/core/scoring/cred/weight-text.ts';
import { identityAddress } from '../src/core/token/names.ts';
import { type CredFileRecord, type CredHead, recordsOf } from './cred-file.ts';

export const credProgramName = 'cred';

/** What the intervals of a file are in a program; `null`: no program has such. */
export function intervalKindOf({ intervals }: CredHead): IntervalKind | null {
  const [first, last] = [intervals[0]![0], intervals.at(-1)![1]];
  const covers = (kind: IntervalKind): boolean => {
    const found = coveringIntervals(kind, first, last - 1);
    return JSON.stringify(found.map(({ start, end }) => [start, end])) === JSON.stringify(intervals);
  };
  return intervalKinds.find(covers) ?? null;
}

/** A program with the parameters of a file, and one period over all its intervals. */
export function credDefinition(head: CredHead, interval: IntervalKind): ProgramDefinition {
  const { alpha, beta, gammaForward, gammaBackward } = head.parameters;
  const parameters = { alpha, beta, gamma_forward: gammaForward, gamma_backward: gammaBackward };
  const amount = 1_000_000n;
  return {
    name: credProgramName,
    rules: {
      asset: { symbol: 'GRAIN', decimals: 6 },
      pools: [{ name: 'community', pays: 'score', funding: amount, recipients: [] }],
      residual: 'commons',
      scoring: parseCredScoring({ model: 'cred', interval, ...parameters }, 'scoring'),
      window: { settle: 'multi_block', strategy: 'cut', batchSize: 1000 },
      onZeroTotal: 'residual',
      requireAllPools: false,
      requireIds: false,
      minGapSeconds: 0,
    },
    schedule: [{ at: head.intervals.at(-1)![1] / 1000, allocations: [{ pool: 'community', amount }] }],
    start: head.intervals[0]![0] / 1000,
    excluded: [],
  };
}

/** The same for a place everywhere: 22 digits and letters, as the token ledger wants them. */
export const personId = (place: number): string => `${String(place).padStart(21, '0')}A`;

/** Each participant as somebody active whose alias is its node; then what they leave to each other. */
export function* peopleEvents(head: CredHead): Generator<ProrataEvent> {
  const { participants, personalAttributions } = head;
  const time = head.intervals[0]![0];
  let keys = 0;
  for (const [place, { nodeId }] of participants.entries()) {
    const id = personId(place);
    const identity = { id, name: `p${place}`, subtype: 'USER', address: identityAddress(id), aliases: [] } as const;
    const alias = { address: toNulAddress(addressOf([nodeId]), 'N'), description: `p${place}` };
    for (const action of [
      { type: 'CREATE_IDENTITY', identity },
      { type: 'ADD_ALIAS', identityId: id, alias },
      { type: 'TOGGLE_ACTIVATION', identityId: id },
    ] as const) {
      yield { kind: 'token', key: personId((keys += 1)), time, action };
    }
  }
  const idOf = new Map(participants.map(({ id }, place) => [id, personId(place)]));
  const attributions = personalAttributions
    .flatMap(({ from, recipients }) =>
      recipients.flatMap(({ to, proportions }) => proportions.map((proportion) => ({ from, to, ...proportion }))),
    )
    .toSorted((a, b) => a.timestampMs - b.timestampMs);
  for (const [nth, { from, to, timestampMs, value }] of attributions.entries()) {
    const [giver, taker, part] = [idOf.get(from)!, idOf.get(to)!, weightText(value, 'part')];
    yield { kind: 'attribution', key: `attribution ${nth}`, time: timestampMs, from: giver, to: taker, part };
  }
}

/** The graph of a file, in chunks as they are ingested. */
export function* graphEvents(file: string, head: CredHead): Generator<ProrataEvent[]> {
  const begin = head.intervals[0]![0];
  for (const records of recordsOf(file)) {
    const events = records.map((record) => graphEvent(record, begin));
    for (let at = 0; at < events.length; at += CHUNK_EVENTS) yield events.slice(at, at + CHUNK_EVENTS);
  }
}

function graphEvent(record: CredFileRecord, begin: number): ProrataEvent {
  if ('node' in record) {
    const { id, timestampMs, mint } = record.node;
    const node = addressOf([id]);
    const timeless = timestampMs === null ? ({ timeless: true } as const) : {};
    return {
      kind: 'node',
      key: `node ${node}`,
      time: timestampMs ?? begin,
      node,
      ...timeless,
      ...weight('weight', mint),
    };
  }
  const { id, src, dst, timestampMs, forward, backward } = record.edge;
  const edge = addressOf([id]);
  const ends = { from: addressOf([src]), to: addressOf([dst]) };
  const weights = { ...weight('forward', forward), ...weight('backward', backward) };
  return { kind: 'edge', key: `edge ${edge}`, time: timestampMs, edge, ...ends, ...weights };
}

/** As an event has it: nothing where it is 1. */
const weight = (name: string, value: number): Record<string, string> =>
  value === 1 ? {} : { [name]: weightText(value, name) };
