import type { CredInput } from '../../src/core/scoring/cred/chain.ts';

/**
 * Cred by participant and interval, worked out the slow way: one equation for every contribution and every interval of every
 * participant, solved by elimination. Shares no code with the engine. NaN where nothing reaches a participant.
 */
export function credByElimination({ graph, participants, intervals, attributions, parameters }: CredInput): number[][] {
  const { alpha, beta, gammaForward, gammaBackward } = parameters;
  const names: string[] = [];
  const place = (name: string): number => (names.includes(name) ? names.indexOf(name) : names.push(name) - 1);
  const owner = (node: number): number => participants.findIndex(({ nodeId }) => nodeId === graph.nodeIds[node]);
  const mints: number[] = [];
  for (const [node, id] of graph.nodeIds.entries()) if (owner(node) < 0) mints[place(`c ${id}`)] = graph.mint[node]!;
  for (const p of participants.keys()) for (const k of intervals.keys()) mints[place(`u ${p} ${k}`)] = 0;
  const ends = (node: number, time: number): number => {
    const p = owner(node);
    if (p < 0) return place(`c ${graph.nodeIds[node]}`);
    return place(
      `u ${p} ${Math.max(
        0,
        intervals.findLastIndex(({ start }) => start < time),
      )}`,
    );
  };
  const weights = names.map(() => names.map(() => 0));
  for (const e of graph.edgeIds.keys()) {
    const a = ends(graph.source[e]!, graph.edgeTime[e]!);
    const b = ends(graph.target[e]!, graph.edgeTime[e]!);
    weights[a]![b]! += graph.forward[e]!;
    weights[b]![a]! += graph.backward[e]!;
  }
  const flows = weights.map((row, a) => {
    const sum = row.reduce((sum, weight) => sum + weight, 0);
    const spread = names[a]!.startsWith('c') ? 1 - alpha : 1 - alpha - beta - gammaForward - gammaBackward;
    return row.map((weight) => (sum === 0 ? 0 : (weight / sum) * spread));
  });
  const paid = participants.map(() => intervals.map(() => beta));
  for (const [p, { id }] of participants.entries()) {
    for (const [k, { start }] of intervals.entries()) {
      const here = place(`u ${p} ${k}`);
      flows[here]![place(`u ${p} ${Math.min(k + 1, intervals.length - 1)}`)]! += gammaForward;
      flows[here]![place(`u ${p} ${Math.max(k - 1, 0)}`)]! += gammaBackward;
      for (const { to, proportions } of attributions.find(({ from }) => from === id)?.recipients ?? []) {
        const part = proportions.findLast(({ timestampMs }) => timestampMs <= start)?.value ?? 0;
        flows[here]![place(`u ${participants.findIndex((other) => other.id === to)} ${k}`)]! += beta * part;
        paid[p]![k]! -= beta * part;
      }
    }
  }
  // x - flows^T x = mints
  const rows = names.map((_, b) => [...names.map((_, a) => (a === b ? 1 : 0) - flows[a]![b]!), mints[b]!]);
  for (const i of rows.keys()) {
    const pivot = rows[i]![i]!;
    for (const j of rows.keys()) {
      if (i === j || rows[j]![i] === 0) continue;
      const factor = rows[j]![i]! / pivot;
      for (let c = i; c <= names.length; c += 1) rows[j]![c]! -= factor * rows[i]![c]!;
    }
  }
  const x = rows.map((row, i) => row[names.length]! / row[i]!);
  const cred = paid.map((row, p) => row.map((part, k) => part * x[place(`u ${p} ${k}`)]!));
  const all = cred.flat().reduce((sum, value) => sum + value, 0);
  const total = mints.reduce((sum, mint) => sum + mint, 0);
  return cred.map((row) => row.map((value) => (value / all) * total));
}
