import { useEffect, useEffectEvent, useState } from 'react';
import { path, withQuestions } from '../api/client.ts';
import { useFresh } from '../api/fresh.ts';
import { useProgram } from '../api/queries.ts';
import type { Program } from '../api/types.ts';
import { accountsRoute, given } from '../router.tsx';
import { Asked } from '../ui/Asked.tsx';
import { Download } from '../ui/Download.tsx';
import { Live } from '../ui/Live.tsx';
import { Panel } from '../ui/Panel.tsx';
import { Grid } from './accounts/Grid.tsx';
import './accounts/accounts.css';

/** Whoever types is let finish a word. */
const typingMs = 250;

/** Every account, sorted and searched at the server. */
export function AccountsPage() {
  const { program } = accountsRoute.useParams();
  return (
    <>
      <h1 className="unseen">Accounts of {program}</h1>
      <Asked result={useProgram(program)}>{(data) => <Accounts key={program} program={data} />}</Asked>
    </>
  );
}

function Accounts({ program }: { program: Program }) {
  const name = program.program;
  const { sort, search = '', offset = 0 } = accountsRoute.useSearch();
  const navigate = accountsRoute.useNavigate();
  const live = useFresh(name, ['', 'scores']);
  const table = program.model === 'stake-time' ? 'accounts' : 'scores';
  return (
    <Panel
      title="Accounts"
      aside={
        <>
          <Live state={live} />
          <Download address={withQuestions(path('programs', name, 'export', table), { format: 'csv' })}>CSV</Download>
          <Download address={path('programs', name, 'export', table)}>JSON Lines</Download>
        </>
      }
    >
      <SearchField
        search={search}
        onSearch={(text) =>
          void navigate({ search: given({ sort, search: text === '' ? undefined : text }), replace: true })
        }
      />
      <Grid
        {...{ program, search, sort }}
        start={offset}
        onSort={(next) => void navigate({ search: given({ search: search || undefined, sort: next }) })}
        onPlace={(row) =>
          void navigate({
            search: (now) => given({ ...now, offset: row === 0 ? undefined : row }),
            replace: true,
            resetScroll: false,
          })
        }
        open={(account) =>
          void navigate({ to: '/programs/$program/accounts/$account', params: { program: name, account } })
        }
      />
    </Panel>
  );
}

function SearchField({ search, onSearch }: { search: string; onSearch: (text: string) => void }) {
  const [text, setText] = useState(search);
  const [before, setBefore] = useState(search);
  // By a link, or the back button, the address says something else than the field.
  if (search !== before) {
    setBefore(search);
    setText(search);
  }
  const ask = useEffectEvent((wanted: string) => {
    if (wanted !== search) onSearch(wanted);
  });
  useEffect(() => {
    const timer = setTimeout(() => ask(text.trim()), typingMs);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <search>
      <form className="filters" aria-label="Accounts" onSubmit={(event) => event.preventDefault()}>
        <label>
          Part of a name
          <input
            type="search"
            value={text}
            placeholder="all accounts"
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
      </form>
    </search>
  );
}
