/** Buckets with more than this are sorted by the language, others by insertion. */
const fewest = 16;

/**
 * Sorts `numbers`, which are places in `time`, by `compare`, which goes by time first, what has none (NaN) before all. Times
 * are spread, so each falls near its place by its size alone: a pass instead of twenty. In place where they are sorted already,
 * as most graphs are logged in the order of time; the result does not depend on the way it was come by, if no two compare as equal
 * that are not alike.
 */
export function sortByTime(
  numbers: Int32Array,
  time: Float64Array,
  compare: (a: number, b: number) => number,
): Int32Array {
  if (isSorted(numbers, compare)) return numbers;
  let [first, last] = [Infinity, -Infinity];
  for (const number of numbers) {
    const at = time[number]!;
    if (at < first) first = at;
    if (at > last) last = at;
  }
  const scale = last > first ? numbers.length / (last - first) : 0;
  const bucketOf = (number: number): number => {
    const at = time[number]!;
    return Number.isNaN(at) ? 0 : 1 + Math.floor((at - first) * scale);
  };
  // Counts, then ends, from which each steps back: starts are left.
  const starts = new Int32Array(numbers.length + 3);
  for (const number of numbers) starts[bucketOf(number)]! += 1;
  for (let bucket = 1; bucket < starts.length; bucket += 1) starts[bucket]! += starts[bucket - 1]!;
  const sorted = new Int32Array(numbers.length);
  for (let i = numbers.length - 1; i >= 0; i -= 1) sorted[(starts[bucketOf(numbers[i]!)]! -= 1)] = numbers[i]!;
  for (let bucket = 0; bucket + 1 < starts.length; bucket += 1) {
    const [start, end] = [starts[bucket]!, starts[bucket + 1]!];
    if (end - start > fewest) sorted.subarray(start, end).sort(compare);
    else if (end - start > 1) sortFew(sorted, start, end, compare);
  }
  return sorted;
}

function isSorted(numbers: Int32Array, compare: (a: number, b: number) => number): boolean {
  for (let i = 1; i < numbers.length; i += 1) if (compare(numbers[i - 1]!, numbers[i]!) > 0) return false;
  return true;
}

function sortFew(numbers: Int32Array, start: number, end: number, compare: (a: number, b: number) => number): void {
  for (let i = start + 1; i < end; i += 1) {
    const number = numbers[i]!;
    let at = i;
    for (; at > start && compare(numbers[at - 1]!, number) > 0; at -= 1) numbers[at] = numbers[at - 1]!;
    numbers[at] = number;
  }
}
