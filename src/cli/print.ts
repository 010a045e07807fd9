import { styleText } from 'node:util';
import { formatUnits } from '../core/money/amount.ts';
import type { ScheduleEntry } from '../core/program.ts';
import { boundaryCount } from '../core/schedule/repeat.ts';
import type { GlobalOptions } from './options.ts';
import type { Output } from './io.ts';
import { eventJson, iso, isoOrNull, json, Verbatim } from '../views/json.ts';

/** What commands print with, in one place: for people below, for programs as every front door says it. */
export { eventJson, iso, isoOrNull, json, Verbatim };

/** How amounts are shown: in whole tokens with all places and the symbol, or (`--units`) as smallest units. */
export class Money {
  readonly #units: boolean;
  readonly #asset: { readonly symbol: string; readonly decimals: number };

  constructor(asset: { readonly symbol: string; readonly decimals: number }, options: GlobalOptions) {
    this.#asset = asset;
    this.#units = options.units === true;
  }

  /** For tables, whose heading has the unit: `1,234.500000` or `1234500000`. */
  bare(units: bigint): string {
    return this.#units ? String(units) : formatUnits(units, this.#asset.decimals, { group: true });
  }

  /** For sentences: `1,234.500000 ACME` or `1234500000 units`. */
  full(units: bigint): string {
    return this.#units
      ? `${units} units`
      : formatUnits(units, this.#asset.decimals, { group: true, symbol: this.#asset.symbol });
  }

  /** Name of the unit of `bare`. */
  get unit(): string {
    return this.#units ? 'units' : this.#asset.symbol;
  }
}

/** Thousands apart: 1,234,567. */
export const grouped = (value: bigint | number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 account`, `2 accounts`. */
export const counted = (count: number, noun: string, nouns = `${noun}s`): string =>
  `${grouped(count)} ${count === 1 ? noun : nouns}`;

/**
 * Rows under a heading, padded to the widest cell. A heading that begins with `>` has its column set to the right. Cells
 * are made `visible`. Numbers are never cut, nor is what widens no other row (the last column), nor a column whose heading
 * begins with `=`; other cells, names above all, end with an ellipsis after `cellWidthMax`.
 */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const right = headings.map((heading) => heading.startsWith('>'));
  const whole = headings.map((heading, column) => /^[>=]/.test(heading) || column === headings.length - 1);
  const cells = rows.map((row) => row.map((cell, column) => (whole[column] === true ? visible(cell) : brief(cell))));
  const lines = [headings.map((heading) => heading.replace(/^[>=]/, '')), ...cells];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines.map((line) => `${padded(line, widths, right)}\n`).join('');
}

/** Columns of a name in a table; JSON and CSV have it whole. */
const cellWidthMax = 64;

function brief(cell: string): string {
  const shown = visible(cell);
  if (shown.length <= cellWidthMax) return shown;
  let text = '';
  for (const sign of shown) {
    if (text.length + sign.length >= cellWidthMax) break;
    text += sign;
  }
  return `${text}…`;
}

/** Control and bidirectional characters, which could make a line look like another, as `\\u{202e}`. */
export function visible(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (sign) => {
    return `\\u{${sign.charCodeAt(0).toString(16)}}`;
  });
}

function padded(line: readonly string[], widths: readonly number[], right: readonly boolean[]): string {
  return line
    .map((cell, column) => (right[column] === true ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
    .join('  ')
    .trimEnd();
}

export function indented(text: string, by = '  '): string {
  return text.replace(/^(?=.)/gm, by);
}

type Style = Parameters<typeof styleText>[0];

/** Colours for people at a terminal; plain text for files and pipes. */
export function styled(output: Output, style: Style, text: string): string {
  return output.isTTY ? styleText(style, text, { validateStream: false }) : text;
}

/** What is said below the sums of a schedule that has no end. */
export const endlessText = 'the schedule has no end: of the round that repeats, only the next one is counted as owed';

/** How many boundaries a schedule has, for sentences. */
export function boundariesText(schedule: readonly ScheduleEntry[]): string {
  const count = boundaryCount(schedule);
  const every = schedule.at(-1)?.repeat;
  const rhythm = every === undefined ? '' : `, every ${grouped(every.every)} s`;
  return `${count === null ? 'boundaries without end' : counted(count, 'boundary', 'boundaries')}${rhythm}`;
}
