import { Link } from '@tanstack/react-router';
import { grouped } from '../lib/amount.ts';

/** An event of the log, around which the page of events opens. */
export const EventLink = ({ program, seq }: { program: string; seq: number }) => (
  <Link className="event-link" to="/programs/$program/events" params={{ program }} search={{ at: seq }}>
    event {grouped(seq)}
  </Link>
);
