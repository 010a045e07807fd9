/**
 * The first key that stands twice in one object of a JSON text, or null. JSON.parse takes the last of them without a
 * word, which is not how an amount should be decided. The text must be valid JSON.
 */
export function repeatedKey(json: string): string | null {
  /** Keys seen so far of each open object; null for an open array. */
  const open: (Set<string> | null)[] = [];
  let awaitsKey = false;
  for (let at = 0; at < json.length; at += 1) {
    switch (json[at]) {
      case '{':
        open.push(new Set());
        awaitsKey = true;
        break;
      case '[':
        open.push(null);
        awaitsKey = false;
        break;
      case '}':
      case ']':
        open.pop();
        awaitsKey = false;
        break;
      case ',':
        awaitsKey = open.at(-1) !== null;
        break;
      case '"': {
        const end = endOfString(json, at);
        const keys = open.at(-1);
        if (awaitsKey && keys) {
          const key = String(JSON.parse(json.slice(at, end + 1)));
          if (keys.has(key)) return key;
          keys.add(key);
          awaitsKey = false;
        }
        at = end;
        break;
      }
      default:
    }
  }
  return null;
}

/** Place of the quote that ends the string which begins at `start`. */
function endOfString(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end;
}

/** Is the character at `at` behind an odd number of backslashes? */
function isEscaped(json: string, at: number): boolean {
  let slashes = 0;
  while (json[at - 1 - slashes] === '\\') slashes += 1;
  return slashes % 2 === 1;
}
