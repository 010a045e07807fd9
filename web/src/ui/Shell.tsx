import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useParams } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { path, token } from '../api/client.ts';
import { question, usePrograms, useProgram } from '../api/queries.ts';
import type { Model, Program } from '../api/types.ts';
import { prefer, usePreferences } from '../lib/preferences.ts';
import { HaltBanner } from './HaltBanner.tsx';
import { Badge } from './Panel.tsx';

/** Pages of a program, in the order of the tabs. */
const tabs: readonly { readonly to: string; readonly name: string; readonly only?: Model }[] = [
  { to: '/programs/$program', name: 'Overview' },
  { to: '/programs/$program/accounts', name: 'Accounts' },
  { to: '/programs/$program/crown', name: 'Crown', only: 'crown' },
  { to: '/programs/$program/contributions', name: 'Contributions', only: 'cred' },
  { to: '/programs/$program/ledger', name: 'Ledger' },
  { to: '/programs/$program/events', name: 'Events' },
];

/** What stands around every page. */
export function Shell() {
  const { program } = useParams({ strict: false });
  return (
    <>
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <header className="top">
        <Link to="/" className="brand">
          <img src="/icon.svg" alt="" width={26} height={26} />
          Prorata
        </Link>
        <nav aria-label="Everything">
          <Link to="/" activeOptions={{ exact: true }}>
            Programs
          </Link>
          <Link to="/compare">Compare</Link>
          <a href="/reference">API</a>
        </nav>
        <Settings />
      </header>
      <Title />
      {program !== undefined && <ProgramBar program={program} />}
      <main id="page" tabIndex={-1}>
        {program !== undefined && <Halted program={program} />}
        <Outlet />
      </main>
      <footer className="foot">
        Every figure comes from the HTTP API of this server; <a href="/openapi.json">/openapi.json</a> describes it.
      </footer>
    </>
  );
}

/** Names the page in the browser's tab, and tells whoever hears it that it is another one. */
function Title() {
  const at = useLocation({ select: ({ pathname }) => pathname });
  const parts = at
    .split('/')
    .map(decodeURIComponent)
    .filter((part) => part !== '' && part !== 'programs');
  const title = [...parts.toReversed(), 'Prorata'].join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
  return <output className="unseen">{title}</output>;
}

/** A halt is told on every page of its program. */
function Halted({ program }: { program: string }) {
  const { data } = useQuery({ ...question<Program>(path('programs', program)), refetchInterval: 5000 });
  return data?.program === program && data.halted !== null && <HaltBanner program={program} halt={data.halted} />;
}

function ProgramBar({ program }: { program: string }) {
  const { data } = useProgram(program);
  const { data: programs } = usePrograms();
  const list = useRef<HTMLElement>(null);
  const at = useLocation({ select: ({ pathname }) => pathname });
  const shown = tabs.filter(({ only }) => only === undefined || only === data?.model);
  const open = shown.findLastIndex(({ to }) => at.startsWith(to.replace('$program', encodeURIComponent(program))));
  useEffect(() => {
    const tab = list.current?.children[open] as HTMLElement | undefined;
    // Where the tabs do not all fit, the one that is open is seen.
    if (tab) list.current!.scrollLeft = tab.offsetLeft - list.current!.clientWidth / 2;
  }, [open]);
  return (
    <div className="program-bar">
      <div className="program-name">
        <strong>{program}</strong>
        {data && (
          <>
            <Badge>{data.model}</Badge>
            {data.halted !== null ? (
              <Badge tone="bad">halted</Badge>
            ) : data.paused !== null ? (
              <Badge tone="warn">paused</Badge>
            ) : (
              <Badge tone="good">running</Badge>
            )}
          </>
        )}
        {programs !== undefined && programs.items.length > 1 && (
          <nav aria-label="Other programs" className="others">
            {programs.items
              .filter((other) => other.program !== program)
              .slice(0, 5)
              .map((other) => (
                <Link key={other.program} to="/programs/$program" params={{ program: other.program }}>
                  {other.program}
                </Link>
              ))}
          </nav>
        )}
      </div>
      <nav aria-label={`Pages of ${program}`} className="tabs" ref={list}>
        {shown.map(({ to, name }) => (
          <Link
            key={to}
            to={to}
            params={{ program }}
            activeOptions={{ exact: name === 'Overview', includeSearch: false }}
          >
            {name}
          </Link>
        ))}
      </nav>
    </div>
  );
}

function Settings() {
  const { theme, zone } = usePreferences();
  const [known, setKnown] = useState(token.get() !== null);
  const next = { system: 'light', light: 'dark', dark: 'system' } as const;
  return (
    <div className="settings">
      {known && (
        <button
          type="button"
          onClick={() => {
            token.set(null);
            setKnown(false);
            location.reload();
          }}
        >
          Sign out
        </button>
      )}
      <button
        type="button"
        onClick={() => prefer({ zone: zone === 'UTC' ? 'local' : 'UTC' })}
        title="Zone of the times that are shown"
      >
        <span className="unseen">Times in </span>
        {zone === 'UTC' ? 'UTC' : 'Local time'}
      </button>
      <button type="button" onClick={() => prefer({ theme: next[theme] })} title="Light, dark, or as the system has it">
        <span className="unseen">Theme: </span>
        {{ system: 'Auto', light: 'Light', dark: 'Dark' }[theme]}
      </button>
    </div>
  );
}
