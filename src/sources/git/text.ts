import { isUtf8 } from 'node:buffer';

/** Bytes as git gives them: UTF-8, or, where they are none, ISO-8859-1, which loses nothing. */
export const decode = (bytes: Buffer): string => bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');

// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** One line without control characters, at most `max` code points; what is cut ends with "...". */
export function oneLine(text: string, max: number): string {
  const line = text.replace(controls, ' ').trim();
  if (line.length <= max) return line;
  const points = Array.from(line.slice(0, 2 * max + 2)); // whole code points, not halves of pairs
  return points.length <= max
    ? line
    : `${points
        .slice(0, max - 3)
        .join('')
        .trimEnd()}...`;
}
