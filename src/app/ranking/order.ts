import { breathe } from '../breathe.ts';

/** Places sorted at once, and merged before others may work: some 10 milliseconds. */
const runMost = 16_384;

/**
 * The places 0 to `length - 1`, ascending by `compare`, equal ones by place. A merge sort that lets others work in between: a sort of a
 * million at once would hold the thread for a second.
 */
export async function orderOf(length: number, compare: (a: number, b: number) => number): Promise<Uint32Array> {
  let from = Uint32Array.from({ length }, (_, place) => place);
  for (let start = 0; start < length; start += runMost) {
    from.subarray(start, start + runMost).sort((a, b) => compare(a, b) || a - b);
    await breathe();
  }
  let into = new Uint32Array(length);
  for (let run = runMost; run < length; run *= 2) {
    for (let start = 0; start < length; start += run * 2) {
      const [middle, end] = [Math.min(start + run, length), Math.min(start + run * 2, length)];
      let [left, right] = [start, middle];
      for (let at = start; at < end; at += 1) {
        // What is on the left has the lower places.
        const takesLeft = right >= end || (left < middle && compare(from[left]!, from[right]!) <= 0);
        into[at] = takesLeft ? from[left]! : from[right]!;
        if (takesLeft) left += 1;
        else right += 1;
        if (at % runMost === 0) await breathe();
      }
    }
    [from, into] = [into, from];
  }
  return from;
}

/** The same from the highest down, equal ones again by place. */
export function reversedOrder(order: Uint32Array, compare: (a: number, b: number) => number): Uint32Array {
  const reversed = new Uint32Array(order.length);
  let at = 0;
  for (let end = order.length; end > 0;) {
    let start = end - 1;
    while (start > 0 && compare(order[start - 1]!, order[start]!) === 0) start -= 1;
    reversed.set(order.subarray(start, end), at);
    at += end - start;
    end = start;
  }
  return reversed;
}
