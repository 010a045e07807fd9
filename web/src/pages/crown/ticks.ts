import type { Span } from './span.ts';

/** Marks of a time axis, which stand at whole minutes, hours, days and months of the reader's zone. */
export interface Tick {
  /** Seconds since 1970. */
  readonly at: number;
  readonly text: string;
  /** Begins a day (of hours) or a year (of months), and says which. */
  readonly major: boolean;
}

const minute = 60;
const hour = 3600;
const day = 86_400;
const steps = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  ...[1, 2, 7, 14].map((n) => n * day),
];

/** Distance of marks so that there are at most `most` of them; above two weeks: months, which `null` stands for. */
function tickStep({ from, to }: Span, most: number): number | null {
  return steps.find((step) => (to - from) / step <= most) ?? null;
}

/** What a clock in a zone shows at an instant, as if it were UTC: seconds since 1970. */
export type WallClock = (at: number) => number;

export const utcClock: WallClock = (at) => at;

/** The clock of a zone by its IANA name. */
export function clockOf(timeZone: string): WallClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  } as Intl.DateTimeFormatOptions);
  /** Distances from UTC change at whole quarters of an hour. */
  const quarters = new Map<number, number>();
  return (at) => {
    const quarter = Math.floor(at / 900);
    let offset = quarters.get(quarter);
    if (offset === undefined) {
      const parts = Object.fromEntries(
        format.formatToParts(quarter * 900_000).map(({ type, value }) => [type, Number(value)]),
      ) as Record<string, number>;
      const wall = Date.UTC(
        parts['year']!,
        parts['month']! - 1,
        parts['day']!,
        parts['hour']!,
        parts['minute']!,
        parts['second']!,
      );
      if (quarters.size > 5000) quarters.clear();
      quarters.set(quarter, (offset = wall / 1000 - quarter * 900));
    }
    return at + offset;
  };
}

/** The instant at which the clock shows `wall`; of two (the clock was put back) the first that is found. */
function instantOf(clock: WallClock, wall: number): number {
  let at = wall;
  for (let i = 0; i < 3; i += 1) at += wall - clock(at);
  return at;
}

const two = (value: number): string => String(value).padStart(2, '0');
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** Marks of a stretch, ascending, at most about `most`. */
export function ticksOf(span: Span, clock: WallClock, most: number): Tick[] {
  const step = tickStep(span, most);
  return step === null ? monthTicks(span, clock, most) : stepTicks(span, clock, step);
}

function stepTicks({ from, to }: Span, clock: WallClock, step: number): Tick[] {
  const ticks: Tick[] = [];
  for (let wall = Math.ceil(clock(from) / step) * step; ticks.length < 200; wall += step) {
    const at = instantOf(clock, wall);
    if (at > to) break;
    // A clock that is put forward never shows some times.
    if (at < from || (ticks.length > 0 && at <= ticks.at(-1)!.at)) continue;
    const date = new Date(clock(at) * 1000);
    const isDay = clock(at) % day === 0;
    const dayText = `${months[date.getUTCMonth()]} ${date.getUTCDate()}`;
    const clockText = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
    const text = isDay ? dayText : step < minute ? `${clockText}:${two(date.getUTCSeconds())}` : clockText;
    ticks.push({ at, text, major: isDay && step < day });
  }
  return ticks;
}

function monthTicks({ from, to }: Span, clock: WallClock, most: number): Tick[] {
  const first = new Date(clock(from) * 1000);
  const count = (to - from) / (30 * day);
  const every = [1, 2, 3, 6, 12].find((n) => count / n <= most) ?? 12;
  const ticks: Tick[] = [];
  for (let month = Math.ceil((first.getUTCMonth() + 1) / every) * every; ticks.length < 200; month += every) {
    const wall = Date.UTC(first.getUTCFullYear(), month) / 1000;
    const at = instantOf(clock, wall);
    if (at > to) break;
    const date = new Date(wall * 1000);
    const isYear = date.getUTCMonth() === 0;
    ticks.push({ at, text: isYear ? String(date.getUTCFullYear()) : months[date.getUTCMonth()]!, major: isYear });
  }
  return ticks;
}

/** Marks of a plain axis from `low` to `high`, at round numbers, at most about `most`. */
export function roundTicks(low: number, high: number, most: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, most);
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((n) => n * size >= rough) ?? 10) * size;
  const first = Math.ceil(low / step - 1e-9);
  const ticks: number[] = [];
  for (let i = first; i * step <= high + step * 1e-9; i += 1) ticks.push(i * step);
  return ticks;
}
