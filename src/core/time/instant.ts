import { InvalidInputError } from '../errors.ts';

/** Latest instant accepted: the end of the year 9999, in milliseconds since 1970 UTC. */
export const instantMax = 253_402_300_799_999;
/** Latest second accepted. */
export const secondMax = 253_402_300_799;

const iso = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:([Zz])|([+-])(\d\d):?(\d\d))$/;

/**
 * Milliseconds since 1970 UTC, 0 to the end of 9999, from ISO 8601 with `Z` or an offset and up to 9 fraction digits (what is
 * finer than a millisecond is cut off), or from a whole number of milliseconds. A leap second (:60) is refused.
 * Throws InvalidInputError `time-malformed`, `time-without-zone`, `time-out-of-range`.
 */
export function parseInstant(value: string | number, field: string): number {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) throw timeError('time-malformed', String(value), field);
    return inRange(value, String(value), field);
  }
  // The form this program writes itself, and nearly every file: parsed without the regular expression.
  if (value.length === 20 && value.charCodeAt(19) === 90) {
    const fast = parsePlain(value);
    if (fast >= 0) return fast;
  }
  const match = iso.exec(value);
  if (match === null) {
    const zoneless = /^\d{4}-\d\d-\d\d([Tt ][\d:.]+)?$/.test(value);
    if (zoneless) throw timeError('time-without-zone', value, field);
    throw timeError('time-malformed', value, field);
  }
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offsetMinutes =
    match[8] !== undefined ? 0 : (match[9] === '-' ? -1 : 1) * (Number(match[10]) * 60 + Number(match[11]));
  const valid =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(year, month) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59 &&
    (match[10] === undefined || (Number(match[10]) <= 23 && Number(match[11]) <= 59));
  if (!valid) throw timeError('time-malformed', value, field);
  const milliseconds = match[7] === undefined ? 0 : Number(match[7].slice(0, 3).padEnd(3, '0'));
  const seconds = daysFromCivil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offsetMinutes * 60;
  return inRange(seconds * 1000 + milliseconds, value, field);
}

/** `YYYY-MM-DDTHH:MM:SSZ` (20 characters, checked by the caller) to milliseconds; -1 = let the slow way judge. */
function parsePlain(text: string): number {
  if (text[4] !== '-' || text[7] !== '-' || text[10] !== 'T' || text[13] !== ':' || text[16] !== ':') return -1;
  const year = two(text, 0) * 100 + two(text, 2);
  const month = two(text, 5);
  const day = two(text, 8);
  const hour = two(text, 11);
  const minute = two(text, 14);
  const second = two(text, 17);
  // A part that is not two digits is NaN, and NaN makes every comparison false.
  if (
    !(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour <= 23 && minute <= 59 && second <= 59)
  )
    return -1;
  return (daysFromCivil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second) * 1000;
}

function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function inRange(ms: number, found: string, field: string): number {
  if (ms < 0 || ms > instantMax) throw timeError('time-out-of-range', found, field);
  return ms === 0 ? 0 : ms; // never -0
}

function timeError(code: string, found: string, field: string): InvalidInputError {
  const shown = found.length <= 60 ? found : `${found.slice(0, 57)}...`;
  const why =
    code === 'time-without-zone'
      ? 'a time without a zone'
      : code === 'time-out-of-range'
        ? 'outside of 1970 to 9999'
        : 'not an instant';
  return new InvalidInputError(
    code,
    `Field "${field}": found ${JSON.stringify(shown)}, ${why}; accepted: ISO 8601 with Z or an offset such as "2025-01-31T12:00:00Z", or whole milliseconds since 1970.`,
    { field, found: shown },
  );
}

/** The whole second that an instant lies in: floor. Truncate instants, never durations. */
export function secondOf(ms: number): number {
  return Math.floor(ms / 1000);
}

/** ISO 8601 in UTC: `2025-01-31T12:00:00Z`, with `.mmm` only where milliseconds are not zero. */
export function formatInstant(ms: number): string {
  const seconds = secondOf(ms);
  const rest = ms - seconds * 1000;
  const days = Math.floor(seconds / 86_400);
  const time = seconds - days * 86_400;
  const { year, month, day } = civilFromDays(days);
  const clock = `${pad(Math.floor(time / 3600), 2)}:${pad(Math.floor(time / 60) % 60, 2)}:${pad(time % 60, 2)}`;
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${clock}${rest === 0 ? '' : `.${pad(rest, 3)}`}Z`;
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/** `n` calendar months (any sign) after `second`, same time of day, UTC. A day that the month lacks becomes its last day. */
export function addMonths(second: number, n: number): number {
  const days = Math.floor(second / 86_400);
  const { year, month, day } = civilFromDays(days);
  const months = year * 12 + (month - 1) + n;
  const [toYear, toMonth] = [Math.floor(months / 12), (((months % 12) + 12) % 12) + 1];
  const toDay = Math.min(day, daysInMonth(toYear, toMonth));
  return daysFromCivil(toYear, toMonth, toDay) * 86_400 + (second - days * 86_400);
}

/** `second` moved back to day `dayCap` of its month when it is later in it, same time of day, UTC. */
export function capDay(second: number, dayCap: number): number {
  const { day } = civilFromDays(Math.floor(second / 86_400));
  return day <= dayCap ? second : second - (day - dayCap) * 86_400;
}

/** Days since 1970-01-01 of a date of the Gregorian calendar. Source: H. Hinnant, chrono-compatible low-level date algorithms. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Inverse of daysFromCivil. */
export function civilFromDays(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const mp = Math.floor((5 * dayOfYear + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * mp + 2) / 5) + 1,
  };
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
