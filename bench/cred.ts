import { chainOf, type CredInput } from '../src/core/scoring/cred/chain.ts';
import { CredGraphBuilder } from '../src/core/scoring/cred/graph.ts';
import { credByParticipant, type CredScores, solveChain } from '../src/core/scoring/cred/solve.ts';
import { readHead, recordsOf } from './cred-file.ts';
import { type Job, peakRssMb } from './rpc.ts';

export interface CredResult {
  readonly workload: 'cred';
  readonly contributions: number;
  readonly edges: number;
  readonly intervals: number;
  /** CPU of all threads, from records in memory to columns (ids looked up, all checked) and on to the rows of the chain. */
  readonly build_cpu_s: number;
  /** Of that, the rows. */
  readonly chain_cpu_s: number;
  /** CPU of all threads, from rows to scores. */
  readonly solve_cpu_s: number;
  readonly total_cpu_s: number;
  /** Of reading and parsing the file, which is in none of the others. */
  readonly parse_cpu_s: number;
  readonly iterations: number;
  /** How far a score may be off, as a part of the total. */
  readonly bound: number;
  /** Of a second run, with what is done once shared among the sweeps. */
  readonly sweep_ms: number;
  /** Rows, entries and scores that a sweep reads and writes. */
  readonly sweep_mb: number;
  /** A plain sum over as many bytes in memory. */
  readonly plain_read_ms: number;
  readonly sweep_ratio: number;
  readonly peak_rss_mb: number;
  readonly total_mint: number;
  readonly participants: readonly (readonly [id: string, cred: number])[];
}

/** Seconds of CPU, of all threads. */
export function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** In a process of its own, which gives its memory back before a store is written. */
export const credMemoryJob = (): Job => ({
  score: ({ file }: { file: string }): CredResult => benchCred(file),
  end: peakRssMb,
});

/** Scores the graph of a file once in memory, without a run to warm up. */
function benchCred(file: string): CredResult {
  const builder = new CredGraphBuilder({ dangling: 'drop' });
  let built = 0;
  const begin = process.cpuUsage();
  const head = readHead(file);
  for (const records of recordsOf(file)) {
    const before = process.cpuUsage();
    for (const record of records) {
      if ('node' in record) builder.addNode(record.node);
      else builder.addEdge(record.edge);
    }
    built += cpuSince(before);
  }
  const graph = builder.build();
  const parsed = cpuSince(begin) - built;
  const input: CredInput = {
    graph,
    participants: head.participants,
    intervals: head.intervals.map(([start, end]) => ({ start, end })),
    attributions: head.personalAttributions,
    parameters: head.parameters,
    outside: 'nearest',
  };
  const beforeChain = process.cpuUsage();
  const chain = chainOf(input);
  const chained = cpuSince(beforeChain);
  const beforeSolve = process.cpuUsage();
  const scores = solveChain(input, chain);
  const solved = cpuSince(beforeSolve);
  const peak = process.resourceUsage().maxRSS / 1024;
  const bytes = bytesOfSweep(scores);
  const plain = plainRead(bytes);
  const beforeAgain = process.cpuUsage();
  solveChain(input, chain);
  const sweepMs = (cpuSince(beforeAgain) * 1000) / scores.sweeps;
  const sums = credByParticipant(scores);
  return {
    workload: 'cred',
    contributions: chain.bases,
    edges: graph.edgeIds.length,
    intervals: input.intervals.length,
    build_cpu_s: rounded(built + chained),
    chain_cpu_s: rounded(chained),
    solve_cpu_s: rounded(solved),
    total_cpu_s: rounded(built + chained + solved),
    parse_cpu_s: rounded(parsed),
    iterations: scores.sweeps,
    bound: scores.bound,
    sweep_ms: rounded(sweepMs),
    sweep_mb: rounded(bytes / 1e6),
    plain_read_ms: rounded(plain),
    sweep_ratio: rounded(sweepMs / plain),
    peak_rss_mb: Math.round(peak),
    total_mint: scores.totalMint,
    participants: input.participants.map(({ id }, p) => [id, sums[p]!]),
  };
}

export const rounded = (value: number): number => Number(value.toPrecision(4));

/** Per entry an index, a probability and a score; per row where it begins, what it mints or takes over, its pivot and its score. */
function bytesOfSweep({ chain }: CredScores): number {
  const rows = chain.outWeight.length;
  return chain.from.length * (4 + 8 + 8) + rows * (4 + 8 + 8 + 16) + chain.epochs.length * (8 + 8 + 16);
}

/** Milliseconds of CPU that the sum of so many bytes of doubles takes: median of nine after the first, which warms up. */
function plainRead(bytes: number): number {
  const column = new Float64Array(Math.ceil(bytes / 8 / 4096) * 4096).fill(1);
  const times: number[] = [];
  for (let run = 0; run < 10; run += 1) {
    const before = process.cpuUsage();
    let sum = 0;
    for (let first = 0; first < column.length; first += 4096) sum += sumOfBlock(column, first);
    times.push(cpuSince(before) * 1000);
    if (sum !== column.length) throw new Error('The plain read is wrong.');
  }
  return times.slice(1).sort((x, y) => x - y)[4]!;
}

function sumOfBlock(column: Float64Array, first: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = first; i < first + 4096; i += 4) {
    a += column[i]!;
    b += column[i + 1]!;
    c += column[i + 2]!;
    d += column[i + 3]!;
  }
  return a + b + c + d;
}
