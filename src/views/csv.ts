import { json, snake } from './json.ts';

/** A cell of RFC 4180: in quotes where it must be. */
export function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * What a spreadsheet would run as a formula, with a quotation mark before it, which makes it a text to every one of them. Names come
 * from outside: `=HYPERLINK(...)` is one.
 */
export const markedText = (text: string): string => (/^[=+@\t\r]|^-./.test(text) ? `'${text}` : text);

/** The names of columns, each a path in a row: `residual.directRemainder` is `residual_direct_remainder`. */
export const csvHeading = (columns: readonly string[]): string =>
  `${columns.map((path) => snake(path.replaceAll('.', '_'))).join(',')}\n`;

/** A row as CSV: numbers in digits, what is absent empty, lists and objects as JSON. `marked`: texts as `markedText` has them. */
export function csvLine(
  row: Readonly<Record<string, unknown>>,
  columns: readonly string[],
  { marked }: { readonly marked: boolean },
): string {
  const cells = columns.map((path) => {
    const value = path.split('.').reduce<unknown>((of, name) => (of as Record<string, unknown> | null)?.[name], row);
    if (value === null || value === undefined) return '';
    if (typeof value === 'object') return csvCell(json(value));
    if (typeof value !== 'string') return `${value as number | bigint | boolean}`;
    return csvCell(marked ? markedText(value) : value);
  });
  return `${cells.join(',')}\n`;
}
