import type { CellsView, MomentView } from '../app/crown/cells.ts';
import type { CrownChange, CrownStand } from '../app/crown/changes.ts';
import type { KnownTime } from '../app/crown/kept-rounds.ts';
import type { CrownInterval, CrownRoundView, CrownScore } from '../app/crown/read.ts';
import { formatRational } from '../core/money/rational.ts';
import { iso, isoOrNull, Verbatim } from './json.ts';

/** The round for JSON: instants as text, rationals in full. */
export function roundJson({ period, status, start, end, lanes }: CrownRoundView) {
  return {
    period,
    status,
    start: isoOrNull(start),
    end: isoOrNull(end),
    lanes: lanes.map(({ lane, pool, higherWins }) => ({ lane, pool: formatRational(pool), higherWins })),
  };
}

/** A score for JSON: rationals in full. */
export const scoreJson = ({ account, part, score, lanes }: CrownScore) => ({
  account,
  part: formatRational(part),
  score,
  lanes: lanes.map(({ lane, held, paid }) => ({ lane, held: formatRational(held), paid: formatRational(paid) })),
});

/** Who held when, for JSON. */
export function intervalJson(
  { period }: CrownRoundView,
  { lane, start, end, best, holders }: CrownInterval,
  block: Block | null,
) {
  return {
    period,
    lane,
    from: iso(start),
    to: iso(end),
    seconds: end - start,
    ...(block === null ? {} : blocksIn(block, start, end)),
    best,
    holders: holders.map(({ account, share }) => ({ account, share: formatRational(share) })),
  };
}

/** How blocks lie on the time axis, seconds. */
export type Block = { readonly zero: number; readonly seconds: number };

/** The first block that begins at or after a second. */
export const blockFrom = ({ zero, seconds }: Block, at: number): number => Math.ceil((at - zero) / seconds);

/** The blocks that begin in `[start, end)`, so that neighbours share none. */
export function blocksIn(
  block: Block,
  start: number,
  end: number,
): { readonly firstBlock: number | null; readonly blocks: number } {
  const first = blockFrom(block, start);
  const blocks = blockFrom(block, end) - first;
  return { firstBlock: blocks === 0 ? null : first, blocks };
}

const knownJson = (known: KnownTime | null) => known && { from: iso(known.from), to: iso(known.to) };

/** Who held how long in which cell, for JSON. */
export const cellsJson = ({
  participants,
  best,
  from,
  to,
  known,
  firstBlock,
  blockSeconds,
  seq,
  ...view
}: CellsView) => ({
  from: iso(from),
  to: iso(to),
  ...(blockSeconds === null ? {} : { firstBlock, blockSeconds }),
  known: knownJson(known),
  asOf: seq,
  ...view,
  // Plain already, and long.
  participants: new Verbatim(participants),
  best: new Verbatim(best),
});

/** A lane at an instant, for JSON. */
export const momentJson = ({ at, known, holders, seq, ...view }: MomentView) => ({
  at: iso(at),
  known: knownJson(known),
  asOf: seq,
  ...view,
  holders: holders.map(({ share, ...holder }) => ({ ...holder, share: formatRational(share) })),
});

/** Holders named in a change; how many there are is said beside. */
const holdersNamed = 100;

const standJson = ({ best, holders }: CrownStand) => ({
  best,
  held: holders.length,
  holders: holders.slice(0, holdersNamed).map(({ account, share }) => ({ account, share: formatRational(share) })),
});

/** A change of who holds, for JSON. */
export const changeJson = ({ at, seq, revised, lanes }: CrownChange) => ({
  time: iso(at),
  seq,
  revised,
  lanes: lanes.map(({ lane, before, ...now }) => ({ lane, ...standJson(now), before: before && standJson(before) })),
});
