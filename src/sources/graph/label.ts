import { utf8Length } from '../../core/bytes.ts';
import { nameBytesMax } from '../../core/text.ts';

/** Any text as a label: one line, blanks and control characters together one blank, cut to 256 bytes; null where nothing is left. */
export function labelOf(text: string): string | null {
  // A text of a megabyte is not looked at further than what could be left of it.
  const start = text.slice(0, nameBytesMax * 16).toWellFormed();
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  const line = start.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  if (line === '') return null;
  if (utf8Length(line) <= nameBytesMax) return line;
  let cut = '';
  let bytes = 3;
  for (const char of line) {
    bytes += utf8Length(char);
    if (bytes > nameBytesMax) break;
    cut += char;
  }
  return `${cut.trimEnd()}...`;
}
