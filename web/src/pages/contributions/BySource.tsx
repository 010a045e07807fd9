import type { Asset } from '../../api/types.ts';
import { partOf } from '../../lib/amount.ts';
import { type Column, Table } from '../../ui/Table.tsx';
import { colorOf, plain, sourceName, type Source, type Sources } from './cred.ts';
import { Barred, Cred, Part } from './Cred.tsx';
import { Swatch } from './OverTime.tsx';

interface Line {
  readonly key: string;
  readonly source: Source;
  /** `undefined`: the source as a whole. */
  readonly kind?: string | null;
  readonly score: string;
  readonly lifetime: string;
  readonly contributions: number;
}

/** What gave cred in the period, and in a lifetime: sources, each with its kinds. A source can be chosen. */
export function BySource({
  data,
  all,
  asset,
  chosen,
  choose,
}: {
  data: Sources;
  /** Of everybody, for the colours. */
  all: readonly Source[];
  asset: Asset;
  chosen?: string | undefined;
  choose?: (source: string | undefined) => void;
}) {
  const lines = data.sources.flatMap((source): Line[] => [
    { ...source, key: `${source.source}`, source },
    ...(source.kinds.length > 1 || source.kinds[0]?.kind !== null
      ? source.kinds.map((kind) => ({ ...kind, key: `${source.source} ${kind.kind}`, source }))
      : []),
  ]);
  const most = lines.reduce((largest, { score }) => (BigInt(score) > largest ? BigInt(score) : largest), 0n);
  return (
    <div className={lines.length > 15 ? 'tall' : ''}>
      <Table
        caption="Cred by source and kind"
        columns={columnsOf({ data, all, asset, most, chosen, choose })}
        rows={lines}
        keyOf={({ key }) => key}
        foot={[
          'Together',
          <Cred key="score" units={data.score} asset={asset} />,
          '100 %',
          <Cred key="lifetime" units={data.lifetime} asset={asset} />,
        ]}
        empty="No contribution has given anybody cred yet."
      />
    </div>
  );
}

function columnsOf({
  data,
  all,
  asset,
  most,
  chosen,
  choose,
}: {
  data: Sources;
  all: readonly Source[];
  asset: Asset;
  most: bigint;
  chosen: string | undefined;
  choose: ((source: string | undefined) => void) | undefined;
}): Column<Line>[] {
  return [
    {
      name: 'Source',
      cell: ({ source, kind }) =>
        kind === undefined ? (
          <span className="source">
            <Swatch color={colorOf(all, source.source)} />{' '}
            {source.source === null || choose === undefined ? (
              <strong>{sourceName(source.source)}</strong>
            ) : (
              <button
                type="button"
                className="choose"
                aria-pressed={chosen === source.source}
                onClick={() => choose(chosen === source.source ? undefined : source.source!)}
              >
                {sourceName(source.source)}
              </button>
            )}
          </span>
        ) : (
          <span className="kind">{kind === null ? 'of no kind' : plain(kind)}</span>
        ),
    },
    {
      name: 'Cred in the period',
      right: true,
      cell: ({ source, kind, score }) => (
        <Barred part={partOf(score, most)} color={colorOf(all, source.source)} thin={kind !== undefined}>
          <Cred units={score} asset={asset} />
        </Barred>
      ),
    },
    { name: 'Part', right: true, cell: ({ score }) => <Part of={score} all={data.score} /> },
    { name: 'Of a lifetime', right: true, wide: true, cell: (line) => <Cred units={line.lifetime} asset={asset} /> },
  ];
}
