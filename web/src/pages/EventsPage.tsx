import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { path } from '../api/client.ts';
import { useFresh } from '../api/fresh.ts';
import { question, useProgram } from '../api/queries.ts';
import { useRows } from '../api/rows.ts';
import type { Page } from '../api/types.ts';
import { grouped } from '../lib/amount.ts';
import { fieldsOf } from '../lib/form.ts';
import { eventsRoute, given } from '../router.tsx';
import { AccountLink } from '../ui/AccountLink.tsx';
import { Asked } from '../ui/Asked.tsx';
import { Download } from '../ui/Download.tsx';
import { Live } from '../ui/Live.tsx';
import { Pager } from '../ui/Pager.tsx';
import { Badge, Empty, Panel } from '../ui/Panel.tsx';
import { Time } from '../ui/Time.tsx';
import './events/events.css';

/** An event as `/events` has it; what else it says depends on its kind. */
interface LoggedEvent {
  readonly seq: number;
  readonly hash: string;
  readonly kind: string;
  readonly key: string;
  readonly time: string;
  readonly [field: string]: unknown;
}

const shown = 50;
/** Events shown after the one that is looked at. */
const newerThanMarked = 10;

/** The log: newest first and live, or around one event, which explanations link to. */
export function EventsPage() {
  const { program } = eventsRoute.useParams();
  const { at, account, before, after } = eventsRoute.useSearch();
  const navigate = eventsRoute.useNavigate();
  const known = useProgram(program);
  const of = account === undefined ? {} : { account };
  const marked = at === undefined ? {} : { at };
  // Around an event that is asked for: some after it, the others before.
  const around = at !== undefined && before === undefined && after === undefined;
  const atNewest = at === undefined && before === undefined && after === undefined;
  const live = useFresh(program, ['', ...(atNewest ? ['events'] : [])]);
  const address = path('programs', program, 'events');
  const place = around
    ? { before: at + 1 + newerThanMarked }
    : { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
  // Of one account the numbers have gaps, so the one above is looked for.
  const above = useQuery({
    ...question<Page<LoggedEvent>>(address, { ...of, cursor: at, limit: newerThanMarked }),
    enabled: around && account !== undefined,
    select: ({ items }) => items.at(-1)?.seq ?? null,
  });
  const top = around && account !== undefined && typeof above.data === 'number' ? { before: above.data + 1 } : place;
  const result = useRows<LoggedEvent>(address, top, { questions: of, limit: shown, idOf: ({ seq }) => seq });
  const filter = (fields: Readonly<Record<string, string>>): void => {
    const seq = Number((fields['at'] ?? '').replaceAll(/\D/g, ''));
    void navigate({ search: given({ at: seq > 0 ? seq : undefined, account: fields['account'] }) });
  };
  return (
    <>
      <h1 className="unseen">Events of {program}</h1>
      <Panel
        title="Event log"
        aside={
          <>
            {atNewest && <Live state={live} />}
            <Download address={path('programs', program, 'export', 'events')}>All as JSON Lines</Download>
          </>
        }
        note={
          known.data && (
            <>
              {grouped(known.data.events)} events. Each has the hash of the one before in its own, so that none can be
              changed unseen.
            </>
          )
        }
      >
        <search>
          <form
            key={`${at} ${account}`}
            className="filters"
            onSubmit={(event) => filter(fieldsOf(event))}
            aria-label="Events"
          >
            <label>
              Account
              <input name="account" defaultValue={account ?? ''} placeholder="all" autoComplete="off" />
            </label>
            <label>
              Around event
              <input name="at" inputMode="numeric" defaultValue={at ?? ''} placeholder="newest" autoComplete="off" />
            </label>
            <button type="submit">Show</button>
            {(at !== undefined || account !== undefined) && (
              <button type="button" onClick={() => void navigate({ search: {} })}>
                Show all
              </button>
            )}
          </form>
        </search>
        <Asked result={result}>
          {(data) => (
            <>
              {around && !data.rows.some(({ seq }) => seq === at) && result.isFetched && !result.isPlaceholderData && (
                <output className="notice">
                  Event {grouped(at)} is not among these: it was pruned, is of another account, or was not logged yet.
                </output>
              )}
              {data.rows.length === 0 ? (
                <Empty>No event is like this.</Empty>
              ) : (
                <ol className="log" aria-label="Events, the newest first">
                  {data.rows.map((event) => (
                    <Entry key={event.seq} {...{ program, event }} marked={event.seq === at} />
                  ))}
                </ol>
              )}
              <Pager
                rows={{ ...data, newer: data.newer ?? (around && data.rows[0] ? { after: data.rows[0].seq } : null) }}
                atNewest={atNewest}
                go={(to) => void navigate({ search: { ...of, ...(Object.keys(to).length > 0 ? marked : {}), ...to } })}
              />
            </>
          )}
        </Asked>
      </Panel>
    </>
  );
}

function Entry({ program, event, marked }: { program: string; event: LoggedEvent; marked: boolean }) {
  const { seq, hash, kind, key, time, ...rest } = event;
  const element = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (marked) element.current?.scrollIntoView({ block: 'center' });
  }, [marked]);
  const account = typeof rest['account'] === 'string' ? rest['account'] : undefined;
  return (
    <li ref={element} className={marked ? 'marked' : ''} {...(marked ? { 'aria-current': 'true' } : {})}>
      <details open={marked}>
        <summary>
          <span className="seq">{grouped(seq)}</span>
          <Badge tone={marked ? 'accent' : 'plain'}>{kind}</Badge>
          <span className="about">{aboutOf(rest)}</span>
          <Time at={time} />
        </summary>
        <div className="payload">
          <p>
            Key <code>{key}</code>
            {account !== undefined && (
              <>
                , account <AccountLink program={program} account={account} />
              </>
            )}
          </p>
          <pre tabIndex={0} aria-label={`Event ${seq}`}>
            {JSON.stringify({ kind, key, time, ...rest }, null, 2)}
          </pre>
          <p className="note">
            Hash <code>{hash}</code>
          </p>
        </div>
      </details>
    </li>
  );
}

/** What an event says, in a line: its fields as far as they are short. */
function aboutOf(fields: Readonly<Record<string, unknown>>): string {
  const line = Object.entries(fields)
    .map(([name, value]) => (name === 'account' ? textOf(value) : `${name.replaceAll('_', ' ')} ${textOf(value)}`))
    .join(', ');
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}

/** A value without the marks of JSON; the parts of an address are kept apart by zero characters. */
const textOf = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/\0|\\u0000/g, '/').replaceAll(/["{}]/g, ' ');
