import { sankey, sankeyLinkHorizontal, type SankeyLink, type SankeyNode } from 'd3-sankey';
import { useMemo } from 'react';
import type { Asset } from '../../api/types.ts';
import { partOf, tokensRough, tokensShort } from '../../lib/amount.ts';
import { useWidth } from '../../ui/width.ts';
import type { Flow, Place } from './flows.ts';
import { sumOf } from './periods.ts';

type Node = SankeyNode<Place & { readonly amount: bigint }, { readonly flow: Flow }>;
type Link = SankeyLink<Place & { readonly amount: bigint }, { readonly flow: Flow }>;

/** Of a flow so thin that it would not be seen. */
const leastPx = 1.5;
const perRow = 52;
/** Room for the names beside the outermost places, where there is enough; else they stand over the flows. */
const margin = { left: 130, right: 190, from: 620 };

/**
 * Flows from left to right, as thick as their amounts: drawn only, rounded to pixels; the figures are in words beside each
 * place, and exact in the table that goes with it.
 */
export function Sankey({
  places,
  flows,
  asset,
  says,
}: {
  places: readonly Place[];
  flows: readonly Flow[];
  asset: Asset;
  says: string;
}) {
  const [ref, width] = useWidth();
  const all = sumOf(flows.map(({ amount }) => amount));
  const height = 40 + perRow * Math.max(3, columnMost(places));
  const graph = useMemo(() => {
    if (width === 0) return null;
    const through = (id: string): bigint => {
      const [out, into] = [flows.filter(({ from }) => from === id), flows.filter(({ to }) => to === id)].map((of) =>
        sumOf(of.map(({ amount }) => amount)),
      ) as [bigint, bigint];
      return out > into ? out : into;
    };
    return sankey<Place & { readonly amount: bigint }, { readonly flow: Flow }>()
      .nodeId(({ id }) => id)
      .nodeWidth(12)
      .nodePadding(36)
      .nodeSort(null)
      .extent([
        [width < margin.from ? 1 : margin.left, 22],
        [width < margin.from ? width - 1 : width - margin.right, height - 22],
      ])({
      nodes: places.map((place) => ({ ...place, amount: through(place.id) })),
      links: flows.map((flow) => ({
        source: flow.from,
        target: flow.to,
        value: Math.max(partOf(flow.amount, all), 1e-9),
        flow,
      })),
    });
  }, [places, flows, width, height, all]);
  const path = sankeyLinkHorizontal<Place & { readonly amount: bigint }, { readonly flow: Flow }>();
  return (
    <figure className="sankey" ref={ref}>
      <figcaption className="unseen">{says}</figcaption>
      {graph !== null && (
        <svg width={width} height={height} aria-hidden>
          <g fill="none">
            {graph.links.map((link) => (
              <path
                key={`${link.flow.from} ${link.flow.to}`}
                className={`link ${targetOf(link).kind}`}
                d={path(link) ?? ''}
                strokeWidth={Math.max(leastPx, link.width ?? 0)}
              >
                <title>
                  {`${sourceOf(link).name} → ${targetOf(link).name}\n${tokensShort(link.flow.amount, asset)} ${asset.symbol}`}
                </title>
              </path>
            ))}
          </g>
          {graph.nodes.map((node) => (
            <Spot key={node.id} {...{ node, width, asset }} />
          ))}
        </svg>
      )}
    </figure>
  );
}

function Spot({ node, width, asset }: { node: Node; width: number; asset: Asset }) {
  const [x0, x1, y0, y1] = [node.x0 ?? 0, node.x1 ?? 0, node.y0 ?? 0, node.y1 ?? 0];
  const y = (y0 + y1) / 2;
  const outside = width >= margin.from;
  const inner = (node.sourceLinks?.length ?? 0) > 0 && (node.targetLinks?.length ?? 0) > 0;
  // Names stand left of their place where there is room at its left, as they do at its right where there is none.
  const atLeft = !inner && x0 > width / 2 !== outside;
  const x = atLeft ? x0 - 8 : x1 + 8;
  return (
    <g>
      <rect className={`place ${node.kind}`} x={x0} y={y0} width={x1 - x0} height={Math.max(leastPx, y1 - y0)} rx={2}>
        <title>{`${node.name}\n${tokensShort(node.amount, asset)} ${asset.symbol}`}</title>
      </rect>
      {inner && !outside ? (
        <text x={(x0 + x1) / 2} y={y0 - 6} textAnchor="middle">
          {node.name}
        </text>
      ) : (
        <text x={x} y={y} textAnchor={atLeft ? 'end' : 'start'}>
          <tspan dy="-0.15em">{node.name}</tspan>
          <tspan className="amount" x={x} dy="1.2em">
            {tokensRough(node.amount, asset)} {asset.symbol}
          </tspan>
        </text>
      )}
    </g>
  );
}

const sourceOf = ({ source }: Link): Place => source as Node;
const targetOf = ({ target }: Link): Place => target as Node;

/** How many places the fullest column has, about: pools in one, what they came to in another. */
function columnMost(places: readonly Place[]): number {
  const pools = places.filter(({ kind }) => kind === 'pool').length;
  const targets = places.filter(({ id, kind }) => !['pool', 'outside'].includes(kind) && id !== 'before').length;
  return Math.max(pools, targets);
}
