/** Zones that times are shown in: UTC, or the reader's own. */
export type Zone = 'UTC' | 'local';

const zoneName = (zone: Zone): string => (zone === 'UTC' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone);

const formats = new Map<string, Intl.DateTimeFormat>();

function formatIn(zone: Zone, parts: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(parts)}`;
  let format = formats.get(key);
  if (format === undefined) {
    // Swedish writes dates as ISO 8601 does.
    formats.set(key, (format = new Intl.DateTimeFormat('sv-SE', { ...parts, timeZone: zoneName(zone) })));
  }
  return format;
}

const day = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
const second = { ...day, hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;

/** `2025-02-15 12:00:00`, with milliseconds where there are some; `the beginning` for `-` and null. */
export function dateTime(instant: string | null, zone: Zone): string {
  if (instant === null || instant === '-') return 'the beginning';
  const date = new Date(instant);
  const millis = date.getUTCMilliseconds();
  return `${formatIn(zone, second).format(date)}${millis === 0 ? '' : `.${String(millis).padStart(3, '0')}`}`;
}

/** `2025-02-15`. */
export const dateOnly = (instant: string | null, zone: Zone): string =>
  instant === null || instant === '-' ? 'the beginning' : formatIn(zone, day).format(new Date(instant));

/** `UTC`, or the reader's zone and its distance from UTC at that instant: `GMT+1`. */
export function zoneText(zone: Zone, instant: string | null): string {
  if (zone === 'UTC') return 'UTC';
  const at = instant === null || instant === '-' ? new Date() : new Date(instant);
  const parts = new Intl.DateTimeFormat('en', { timeZone: zoneName(zone), timeZoneName: 'shortOffset' }).formatToParts(
    at,
  );
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? zoneName(zone);
}

/** `2 d 3 h`, `4 min 5 s`, `6 s`: the two largest parts of a length of time in seconds; what is smaller is cut off. */
export function span(seconds: number): string {
  const parts = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ] as const;
  const first = parts.findIndex(([size]) => seconds >= size);
  if (first < 0) return seconds > 0 ? `${Math.round(seconds * 1000)} ms` : '0 s';
  let rest = seconds;
  return parts
    .slice(first, first + 2)
    .map(([size, name]) => {
      const count = Math.floor(rest / size);
      rest -= count * size;
      return count === 0 ? '' : `${count} ${name}`;
    })
    .filter(Boolean)
    .join(' ');
}
