import { InvalidInputError } from '../../core/errors.ts';

/**
 * The objects in a text of one or more JSON values: an array, arrays one behind the other (`gh api --paginate`), an array of arrays
 * (`--slurp`), an object a line. Throws InvalidInputError `github-json-malformed`; `name` is the file's, for the message.
 */
export function jsonObjects(text: string, name: string): unknown[] {
  const start = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  return valuesOf(start, name).flatMap((value) => (Array.isArray(value) ? value.flat(1) : [value]));
}

function valuesOf(text: string, name: string): unknown[] {
  if (text.trim() === '') return [];
  try {
    return [JSON.parse(text)];
  } catch (whole) {
    const ends = endsOfValues(text);
    if (ends.length < 2) throw malformed(name, whole as Error);
    return ends.map((end, i) => {
      try {
        return JSON.parse(text.slice(ends[i - 1] ?? 0, end)) as unknown;
      } catch (error) {
        throw malformed(name, error as Error, i + 1);
      }
    });
  }
}

/** Where each array or object ends that is in no other; and the text's end, where something stands behind the last. */
function endsOfValues(text: string): number[] {
  const ends: number[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') {
      at += 1;
      while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    } else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) ends.push(at + 1);
    }
  }
  if (text.slice(ends.at(-1) ?? 0).trim() !== '') ends.push(text.length);
  return ends;
}

function malformed(name: string, { message }: Error, number?: number): InvalidInputError {
  const which = number === undefined ? '' : `, value ${number}`;
  return new InvalidInputError(
    'github-json-malformed',
    `${name}${which} is no JSON: ${message}; accepted: arrays or objects, one or several behind each other.`,
    { source: name },
  );
}
