import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { path } from '../api/client.ts';
import { question, useProgram } from '../api/queries.ts';
import type { Asset } from '../api/types.ts';
import { aroundRoute, given } from '../router.tsx';
import { Amount } from '../ui/Amount.tsx';
import { AccountLink } from '../ui/AccountLink.tsx';
import { Asked } from '../ui/Asked.tsx';
import { Badge, Empty, Figure, Figures, Panel } from '../ui/Panel.tsx';
import { Time } from '../ui/Time.tsx';
import {
  credAsset,
  nameOf,
  type Neighbourhood,
  plain,
  type Place,
  type Source,
  type Sources,
} from './contributions/cred.ts';
import { FlowDrawing } from './contributions/FlowDrawing.tsx';
import { FlowTable } from './contributions/FlowTable.tsx';
import { PeriodChoice } from './contributions/PeriodChoice.tsx';
import { PersonsPeriod } from './contributions/PersonsPeriod.tsx';
import './contributions/contributions.css';

/** How many neighbours are shown to each side, at first and when more are asked for. */
const sizes = [7, 25, 100] as const;

/** A contribution or a person in the graph: what gave it cred, and where that went; from neighbour to neighbour. */
export function AroundPage() {
  const { program } = aroundRoute.useParams();
  const search = aroundRoute.useSearch();
  const { address, person, period, show = sizes[0] } = search;
  const navigate = aroundRoute.useNavigate();
  const cred = (...parts: string[]): string => path('programs', program, 'cred', ...parts);
  const known = useProgram(program);
  const sources = useQuery(question<Sources>(cred('sources'), { period }));
  const [where, asked] =
    person === undefined
      ? [cred('neighbourhood'), { address, period, limit: show }]
      : [cred('persons', person, 'neighbourhood'), { period, limit: show }];
  const result = useQuery({
    ...question<Neighbourhood>(where, asked),
    enabled: (address ?? person) !== undefined,
  });
  if ((address ?? person) === undefined)
    return <Empty>This page shows what is around a contribution or a person: choose one under Contributions.</Empty>;
  const choose = (chosen: number): void => void navigate({ search: { ...search, period: chosen }, resetScroll: false });
  const larger = sizes.find((size) => size > show) ?? null;
  return (
    <>
      <p className="trail">
        <Link to="/programs/$program/contributions" params={{ program }} search={given({ period })}>
          Contributions
        </Link>{' '}
        › {person === undefined ? 'contribution' : 'person'}
      </p>
      <Asked result={result} waiting="Scoring the graph…">
        {(data) => {
          const asset = credAsset(data.factor);
          return (
            // While the next place is asked for, the one before stays, and says so.
            <div className={result.isPlaceholderData ? 'stale' : ''} aria-busy={result.isPlaceholderData}>
              <Heading {...{ program, asset }} place={data.place} passed={data.passed}>
                <PeriodChoice period={data} running={known.data?.period ?? data.period} choose={choose} />
              </Heading>
              <Around
                {...{ data, program, asset }}
                sources={sources.data?.sources ?? []}
                more={
                  larger === null
                    ? null
                    : () => void navigate({ search: { ...search, show: larger }, resetScroll: false })
                }
              />
              {data.place.is === 'person' && (
                <PersonsPeriod
                  {...{ program, asset }}
                  period={data.period}
                  place={data.place}
                  all={sources.data?.sources ?? []}
                  choose={choose}
                />
              )}
            </div>
          );
        }}
      </Asked>
    </>
  );
}

function Heading({
  place,
  passed,
  program,
  asset,
  children,
}: {
  place: Place;
  passed: string;
  program: string;
  asset: Asset;
  children: React.ReactNode;
}) {
  const { is, id, url, source, kind, time, cred } = place;
  return (
    <header className="place-heading">
      <h1>{nameOf(place)}</h1>
      <p>
        {is === 'person' ? (
          <>
            <Badge tone="accent">person</Badge>{' '}
            <AccountLink program={program} account={id} name="Its account: what it was paid, and why" />
          </>
        ) : (
          <>
            <Badge tone="accent">
              {[source, kind].flatMap((part) => (part === null ? [] : [plain(part)])).join(' · ')}
            </Badge>{' '}
            {time === null ? (
              'has no time'
            ) : (
              <>
                made <Time at={time} />
              </>
            )}{' '}
            <code>{id}</code>
            {url !== undefined && /^https?:\/\//.test(url) && (
              <>
                {' '}
                <a href={url} rel="noreferrer noopener" target="_blank">
                  Open it where it is
                </a>
              </>
            )}
          </>
        )}
      </p>
      <div>
        <Figures>
          <Figure name={is === 'person' ? 'Cred of a lifetime' : 'Cred, all in all'}>
            <Amount units={cred} asset={asset} />
          </Figure>
          {is === 'person' && (
            <Figure name="Passed through" hint="with what it passed on">
              <Amount units={passed} asset={asset} />
            </Figure>
          )}
        </Figures>
        {children}
      </div>
    </header>
  );
}

function Around({
  data,
  program,
  asset,
  sources,
  more,
}: {
  data: Neighbourhood;
  program: string;
  asset: Asset;
  sources: readonly Source[];
  more: (() => void) | null;
}) {
  const { minted, kept, returned, passed, incoming, outgoing, in_remainder: came, out_remainder: went, period } = data;
  const common = { program, period, asset, passed };
  return (
    <Panel
      title="Where its cred came from, and where it went"
      note="All cred that passed through until the end of the period, by one measure at both sides. Neighbours lead on."
    >
      {passed === '0' ? (
        <Empty>No cred ever passed through here.</Empty>
      ) : (
        <>
          <FlowDrawing {...{ data, program, asset, sources, more }} />
          <details>
            <summary>The same as tables, to the unit</summary>
            <h3>What gave it cred</h3>
            <FlowTable
              {...common}
              caption="What gave it cred"
              side={incoming}
              own={[{ name: 'the mint', flow: minted }]}
              remainder={came}
            />
            <h3>Where it went</h3>
            <FlowTable
              {...common}
              caption="Where its cred went"
              side={outgoing}
              own={[
                { name: 'kept as cred', flow: kept },
                { name: 'back to the mint', flow: returned },
              ]}
              remainder={went}
            />
          </details>
        </>
      )}
    </Panel>
  );
}
