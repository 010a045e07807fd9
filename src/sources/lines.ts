import { isAscii, isUtf8 } from 'node:buffer';

/** Longest line (for CSV: record) accepted, in bytes: 1 MiB, so that a file without line ends cannot fill the memory. */
export const lineBytesMax = 1024 * 1024;

/** Where the bytes of a file come from: a stream, the lines of a test, a text. */
export type Input = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** A line without its line end, or why it cannot be read; its text is then cut, and what is no UTF-8 in it replaced. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  readonly fault?: 'line-too-long' | 'line-not-text';
}

/**
 * The lines of a file, in blocks as they arrive. Lines end with LF or CRLF; the last may end without one. A byte order mark
 * at the beginning is dropped. Decodes a whole block at once and looks at single lines only where a block is no UTF-8.
 */
export async function* readLines(input: Input): AsyncGenerator<Line[]> {
  const state: State = { number: 0, rest: [], restBytes: 0, cut: null, high: '' };
  for await (const chunk of typeof input === 'string' ? [input] : input) {
    const lines = linesOf(bytesOf(chunk, state), state);
    if (lines.length > 0) yield lines;
  }
  if (state.high !== '') keep(Buffer.from(state.high), state);
  const last: Line[] = [];
  if (state.cut !== null || state.restBytes > 0) decode(Buffer.concat(state.rest), state, last);
  if (last.length > 0) yield last;
}

interface State {
  number: number;
  /** The beginning of a line whose end has not arrived. */
  rest: Buffer[];
  restBytes: number;
  /** The beginning of a line that is too long, whose end has not arrived. */
  cut: Buffer | null;
  /** The first half of a surrogate pair that two texts were split within. */
  high: string;
}

function bytesOf(chunk: string | Uint8Array, state: State): Buffer {
  if (typeof chunk !== 'string') return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  let text = state.high + chunk;
  const last = text.charCodeAt(text.length - 1);
  state.high = last >= 0xd800 && last < 0xdc00 ? text.slice(-1) : '';
  if (state.high !== '') text = text.slice(0, -1);
  return Buffer.from(text);
}

function linesOf(bytes: Buffer, state: State): Line[] {
  const lines: Line[] = [];
  const end = bytes.lastIndexOf(10);
  if (end < 0) {
    keep(bytes, state);
    return lines;
  }
  const block =
    state.rest.length === 0 ? bytes.subarray(0, end) : Buffer.concat([...state.rest, bytes.subarray(0, end)]);
  state.rest = [];
  state.restBytes = 0;
  decode(block, state, lines);
  keep(bytes.subarray(end + 1), state);
  return lines;
}

/** Keeps the beginning of a line until its end arrives, of a line that is too long only the first bytes. */
function keep(bytes: Buffer, state: State): void {
  if (bytes.length === 0 || state.cut !== null) return;
  state.rest.push(Buffer.from(bytes)); // a copy: streams may reuse their buffers
  state.restBytes += bytes.length;
  if (state.restBytes > lineBytesMax + 1) {
    state.cut = Buffer.concat(state.rest).subarray(0, lineBytesMax);
    state.rest = [];
    state.restBytes = 0;
  }
}

/** `block`: whole lines, the last without its line end. */
function decode(block: Buffer, state: State, lines: Line[]): void {
  let rest = block;
  if (state.cut !== null) {
    state.number += 1;
    lines.push({ number: state.number, text: state.cut.toString(), fault: 'line-too-long' });
    state.cut = null;
    const end = block.indexOf(10);
    if (end < 0) return;
    rest = block.subarray(end + 1);
  }
  const ascii = isAscii(rest);
  if (ascii || isUtf8(rest)) {
    for (const text of rest.toString(ascii ? 'latin1' : 'utf8').split('\n'))
      push(text, tooLong(text, ascii) ? 'line-too-long' : undefined, state, lines);
    return;
  }
  for (let start = 0; start <= rest.length;) {
    const end = rest.indexOf(10, start);
    const line = rest.subarray(start, end < 0 ? rest.length : end);
    const fault = line.length > lineBytesMax ? 'line-too-long' : isUtf8(line) ? undefined : 'line-not-text';
    push(line.toString(), fault, state, lines);
    start = end < 0 ? rest.length + 1 : end + 1;
  }
}

function tooLong(text: string, ascii: boolean): boolean {
  if (text.length > lineBytesMax) return true;
  return !ascii && text.length * 3 > lineBytesMax && Buffer.byteLength(text) > lineBytesMax;
}

function push(line: string, fault: Line['fault'], state: State, lines: Line[]): void {
  state.number += 1;
  let text = line.charCodeAt(line.length - 1) === 13 ? line.slice(0, -1) : line;
  if (state.number === 1 && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
  lines.push(
    fault === undefined
      ? { number: state.number, text }
      : { number: state.number, text: text.slice(0, lineBytesMax), fault },
  );
}
