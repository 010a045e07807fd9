import { usePreferences } from '../lib/preferences.ts';
import { dateOnly, dateTime, zoneText } from '../lib/time.ts';

/** An instant with its zone, in the zone that the reader prefers; the title has it in UTC. */
export function Time({ at, dayOnly = false }: { at: string | null; dayOnly?: boolean }) {
  const { zone } = usePreferences();
  if (at === null || at === '-') return <span className="time">the beginning</span>;
  return (
    <time className="time" dateTime={at} title={at}>
      {dayOnly ? dateOnly(at, zone) : dateTime(at, zone)} <span className="unit">{zoneText(zone, at)}</span>
    </time>
  );
}
