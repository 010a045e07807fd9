import { formatDecimal18, parseDecimal18 } from '../../core/money/amount.ts';
import { failed, type Git, type Input } from './program.ts';

/** How much a file counts: the weight of the longest path above it, or of the file itself; 1 where there is none. */
export type PathWeights = ReadonlyMap<string, bigint>;

/** 1, with 18 places. */
const one = parseDecimal18('1', 'weight');

/**
 * From paths as people write them (`docs`, `src/core/`, `.` for all the rest) and decimals as text.
 * Throws InvalidInputError `amount-malformed`, `amount-negative`, `decimal-too-precise`.
 */
export function pathWeightsOf(weights: Readonly<Record<string, string>>): PathWeights {
  return new Map(
    Object.entries(weights).map(([path, weight]) => [plain(path), parseDecimal18(weight, `weights.${path}`)]),
  );
}

const plain = (path: string): string =>
  path
    .replace(/^(?:\.?\/)+/, '')
    .replace(/\/+$/, '')
    .replace(/^\.$/, '');

function weightOfFile(weights: PathWeights, file: string): bigint {
  for (let path = file; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('/')))) {
    const weight = weights.get(path);
    if (weight !== undefined) return weight;
  }
  return weights.get('') ?? one;
}

/** What a commit changed, against its first parent. */
export interface Touch {
  /** Whether it touches one of the paths; true where there are none. */
  readonly counts: boolean;
  /** The largest weight of the files that it touches, a decimal; undefined: 1. */
  readonly weight: string | undefined;
}

const untouched: Touch = { counts: true, weight: undefined };

/**
 * What commits touch, asked one by one in the order of `ids` (lines). Each is compared with its first parent and by itself, so that it
 * does not matter what else is read. Renames are a file gone and a new one.
 */
export class Touches {
  readonly #tokens: AsyncGenerator<string[][]> | null;
  readonly #weights: PathWeights;
  readonly #limited: boolean;
  #batch: string[][] = [];
  #next = 0;

  /** `paths`: pathspecs of git; without them, and without weights, git is not asked at all. */
  constructor(git: Git, paths: readonly string[], weights: PathWeights, ids: () => Input) {
    this.#weights = weights;
    this.#limited = paths.length > 0;
    this.#tokens = this.#limited || weights.size > 0 ? git.records(diffOf(paths), 1, ids()) : null;
  }

  async of(commit: string): Promise<Touch> {
    if (this.#tokens === null) return untouched;
    if ((await this.#peek()) !== commit) throw failed(['diff-tree'], `no answer for commit ${commit}`);
    this.#next += 1;
    let touched = false;
    let largest: bigint | null = null;
    // Pairs of a status (one letter) and a path, up to the next id.
    for (let status = await this.#peek(); status?.length === 1; status = await this.#peek()) {
      this.#next += 1;
      const file = (await this.#peek()) ?? '';
      this.#next += 1;
      touched = true;
      if (this.#weights.size === 0) continue;
      const weight = weightOfFile(this.#weights, file);
      if (largest === null || weight > largest) largest = weight;
    }
    const weight = largest ?? this.#weights.get('') ?? one;
    return { counts: touched || !this.#limited, weight: weight === one ? undefined : formatDecimal18(weight) };
  }

  async close(): Promise<void> {
    await this.#tokens?.return(undefined);
  }

  async #peek(): Promise<string | null> {
    while (this.#next >= this.#batch.length) {
      const { value, done } = await this.#tokens!.next();
      if (done === true) return null;
      [this.#batch, this.#next] = [value, 0];
    }
    return this.#batch[this.#next]![0]!;
  }
}

const diffOf = (paths: readonly string[]): string[] => [
  ...['diff-tree', '--stdin', '-z', '-r', '--root', '--always', '--name-status', '--no-renames'],
  ...['--diff-merges=first-parent', '--no-ext-diff', '--no-textconv', '--ignore-submodules=none', '--no-color'],
  ...['--', ...paths],
];

/** Whether git understands these pathspecs. */
export const understands = async (git: Git, paths: readonly string[]): Promise<boolean> =>
  paths.length === 0 || (await git.textOrNull(diffOf(paths))) !== null;
