import { ConflictError, UnavailableError } from '../core/errors.ts';
import { emptyFrontier, MerkleTree, payoutLeaf } from '../core/payout/merkle.ts';
import { breathe } from './breathe.ts';
import { NO_HEAD } from './empty-state.ts';
import { LineWriter, programLines } from './export.ts';
import type { Store, Tx } from './ports.ts';
import { chainHash, treeHash } from './tree-hash.ts';
import { PAGE, rows } from './verify.ts';

export interface CopyOptions {
  /** Called with what is done so far, in lines as an export has them, then in rows checked. What it throws ends the copy: nothing is kept. */
  readonly onProgress?: (doing: 'copied' | 'checked', rows: number) => void;
}

export interface CopySummary {
  readonly programs: number;
  readonly tokens: number;
  readonly rows: number;
  /** What was computed anew of what arrived: hashes of the log, and settlement roots. */
  readonly events: number;
  readonly roots: number;
}

/** Rows between two reports. */
const often = 1000;

/**
 * Copies a store into an empty one, whatever each is made of: programs with an open window and all that they remember, estimates, and API
 * tokens. One transaction on either side, so it is all there at the end, or nothing; the source is read as it was at one moment, and is not
 * changed. Before it is committed, what arrived is read again: every hash of the log and the root of every settled period are computed anew.
 *
 * Throws ConflictError `store-not-empty`; UnavailableError `copy-differs` where what arrived is not what was there.
 */
export async function copyStore(from: Store, to: Store, options: CopyOptions = {}): Promise<CopySummary> {
  return from.transact('read', (source) => to.transact('write', (target) => copyAll(source, target, options)));
}

async function copyAll(source: Tx, target: Tx, { onProgress }: CopyOptions): Promise<CopySummary> {
  if ((await target.programs()).length > 0 || (await target.hasTokens())) {
    const message = 'Found programs or API tokens in the store that is copied to; accepted: one that has none.';
    throw new ConflictError('store-not-empty', message);
  }
  const count = { programs: 0, tokens: 0, rows: 0, events: 0, roots: 0 };
  const onRow = async (doing: 'copied' | 'checked', rows: number): Promise<void> => {
    if (rows % often !== 0) return;
    onProgress?.(doing, rows);
    await breathe();
  };
  const programs: { readonly id: number; readonly copy: number; readonly name: string }[] = [];
  for (const { id, name } of await source.programs()) {
    const writer = new LineWriter(target);
    for await (const line of programLines(source, id, name)) {
      await writer.take(line, (count.rows += 1));
      await onRow('copied', count.rows);
    }
    await writer.end();
    const estimate = await source.estimate(id);
    if (estimate !== null) await target.write(writer.program, { estimate });
    programs.push({ id, copy: writer.program, name });
    count.programs += 1;
  }
  for (const token of await source.tokens()) {
    await target.addToken(token);
    count.tokens += 1;
  }
  for (const { copy, name } of programs) {
    const { events, roots } = await check(target, copy, name, (rows) => onRow('checked', rows));
    count.events += events;
    count.roots += roots;
  }
  return count;
}

/** Computes the hashes of the log and the roots of settled periods of a copied program. */
async function check(tx: Tx, program: number, name: string, onRow: (rows: number) => Promise<void>) {
  const state = await tx.state(program);
  const prunings = await tx.prunings(program);
  let [head, seq, events, seen] = [NO_HEAD, 0, 0, 0];
  const skipPruned = (next: number): void => {
    const gone = prunings.findLast(({ last }) => last < next);
    if (gone !== undefined && gone.last > seq) [seq, head] = [gone.last, gone.head];
  };
  for await (const event of rows(
    (after) => tx.events({ program, after, limit: PAGE }),
    (row) => row.seq,
  )) {
    skipPruned(event.seq);
    head = chainHash(head, event.payload);
    if (head !== event.hash) throw differs(name, `the hash of event ${event.seq}`, head, event.hash);
    ({ seq } = event);
    events += 1;
    await onRow((seen += 1));
  }
  skipPruned(Infinity);
  if (head !== state.head) throw differs(name, 'the head of the log', head, state.head);
  let roots = 0;
  for (const { period, root } of await tx.periods(program)) {
    if (root === null) continue;
    const tree = new MerkleTree(emptyFrontier, treeHash);
    for await (const payout of rows(
      (after) => tx.payouts({ program, after, limit: PAGE, period }),
      ({ id }) => id,
    )) {
      tree.append(payoutLeaf(payout));
      await onRow((seen += 1));
    }
    if (tree.root() !== root) throw differs(name, `the root of period ${period}`, tree.root(), root);
    roots += 1;
  }
  return { events, roots };
}

function differs(program: string, what: string, computed: string, stored: string): UnavailableError {
  return new UnavailableError(
    'copy-differs',
    `What arrived of program ${program} is not what was there: ${what} is ${computed} by what arrived and ${stored} as it was written down. Nothing was kept; verify the source.`,
    { program, computed, stored },
  );
}
