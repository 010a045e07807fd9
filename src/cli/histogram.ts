import { durationClass } from '../app/measure.ts';
import { grouped } from './print.ts';

/** Values of one column, milliseconds. */
export interface HistogramColumn {
  readonly name: string;
  readonly values: readonly number[];
}

const barWidth = 14;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/**
 * Columns side by side over common classes that double: below 1 ms, 1 to 2, 2 to 4 and so on. A bar says which part of its
 * column lies in the class, the number how many; whoever is in a class at all has a visible bar.
 */
export function histogram(columns: readonly HistogramColumn[]): string {
  const highest = Math.max(...columns.flatMap(({ values }) => values.map(durationClass)));
  const lowest = Math.min(...columns.flatMap(({ values }) => values.map(durationClass)));
  const names = Array.from({ length: highest - lowest + 1 }, (_, i) => className(lowest + i));
  const nameWidth = Math.max(...names.map(({ length }) => length), 2);
  const cells = columns.map(({ values }) => names.map((_, i) => cell(values, lowest + i)));
  const widths = columns.map(({ name }, c) => Math.max(name.length, ...cells[c]!.map(({ length }) => length)));
  const head = ['ms'.padStart(nameWidth), ...columns.map(({ name }, c) => name.padEnd(widths[c]!))];
  const lines = names.map((name, i) => [
    name.padStart(nameWidth),
    ...cells.map((column, c) => column[i]!.padEnd(widths[c]!)),
  ]);
  return [head, ...lines].map((line) => `  ${line.join('  ').trimEnd()}\n`).join('');
}

const className = (number: number): string =>
  number === 0 ? '< 1' : `${grouped(2 ** (number - 1))} - ${grouped(2 ** number)}`;

function cell(values: readonly number[], number: number): string {
  const count = values.filter((value) => durationClass(value) === number).length;
  if (count === 0) return '';
  const parts = Math.max(1, Math.round((count / values.length) * barWidth * 8));
  return `${'█'.repeat(Math.floor(parts / 8))}${eighths[parts % 8]} ${grouped(count)}`;
}
