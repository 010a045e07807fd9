import type { SpaceView } from '../../core/scoring/cred/space-view.ts';
import { isAddress } from '../../core/scoring/cred/address.ts';
import { nodeOf } from '../../core/scoring/cred/people.ts';
import { windowId } from '../../core/token/names.ts';
import type { Payout, Posting } from '../../core/state.ts';
import type { BooksCache } from '../load-books.ts';
import type { Store } from '../ports.ts';
import { readKnownGraph } from './known-graph.ts';
import { readPeople } from './people.ts';
import { credScoringOf } from './score.ts';

const PAGE = 2000;

/** In one transaction: graph, people, settled periods with their scores, payouts by score. Throws InvalidInputError `model-differs`. */
export async function readSpace(store: Store, cache: BooksCache, program: string): Promise<SpaceView> {
  return store.transact('read', async (tx) => {
    const books = await cache.load(tx, program);
    credScoringOf(books);
    const { id, state, rules } = books;
    const settled = (await tx.periods(id)).filter(({ status }) => status === 'settled');
    const isSettled = new Set(settled.map(({ period }) => period));
    const known = await readKnownGraph(tx, id);
    const names = new Map([...known.nodes.values()].map(({ number, node }) => [number, node]));
    const { ledger } = await readPeople(tx, books);
    const accounts = ledger.accounts();
    const reversed = new Map(
      accounts.flatMap(({ receipts }) =>
        receipts.map((one) => [`${one.distributionId} ${one.id}`, one.reversed] as const),
      ),
    );
    const payouts = (await all((after) => tx.payouts({ program: id, after, limit: PAGE }))).filter(
      ({ reason, liquid }: Payout) => reason === 'paid' && liquid > 0n,
    );
    const postings = new Map(
      (await all((after) => tx.postings({ program: id, after, limit: PAGE }))).flatMap(
        ({ id: posting, period, target, reason }: Posting) =>
          reason === 'payout' && target.kind === 'liquid'
            ? [[`${period} ${target.account.name}`, String(posting)] as const]
            : [],
      ),
    );
    return {
      about: { program, symbol: rules.asset.symbol, decimals: rules.asset.decimals },
      heads: { log: `${state.events}:${state.head}` },
      nodes: [...known.nodes.values()]
        .filter(({ gone }) => !gone)
        .map(({ node, time, timeless, weight }) => ({
          what: 'node',
          node,
          at: timeless ? null : time,
          ...(weight === '1' ? {} : { weight }),
        })),
      edges: [...known.edges.values()]
        .filter(({ gone }) => !gone)
        .map(({ edge, time, source, target, forward, backward }) => ({
          what: 'edge',
          edge,
          from: names.get(source)!,
          to: names.get(target)!,
          at: time,
          ...(forward === '1' ? {} : { forward }),
          ...(backward === '1' ? {} : { backward }),
        })),
      identities: accounts.map((account) => ({
        id: account.id,
        name: account.name,
        type: account.type,
        active: account.active,
      })),
      // The ledger takes addresses that no node can have.
      aliases: accounts.flatMap((account) =>
        account.aliases
          .filter(({ address }) => isAddress(nodeOf(address)))
          .map(({ address, description }) => ({
            address: nodeOf(address),
            identity: account.id,
            description,
          })),
      ),
      periods: settled.map(({ period, start, boundary, total }) => ({
        id: String(period),
        start: start * 1000,
        end: boundary * 1000,
        total: String(total ?? 0n),
      })),
      // Of what is still being written nothing is shown.
      scores: (await tx.tallies({ program: id }))
        .filter(({ period }) => isSettled.has(period))
        .map(({ period, account, score }) => ({
          period: String(period),
          account: account.name,
          score: String(score),
        })),
      accounts: accounts.map((account) => ({
        id: account.id,
        balance: String(account.balance),
        paid: String(account.paid),
      })),
      payouts: payouts.map(({ id: payout, period, account, liquid }) => ({
        id: String(payout),
        period: String(period),
        account: account.name,
        amount: String(liquid),
        posting: postings.get(`${period} ${account.name}`)!,
        reversed: reversed.get(`${windowId(period)} ${account.name}`) ?? null,
      })),
    };
  });
}

async function all<T extends { readonly id: number }>(load: (after: number) => Promise<readonly T[]>): Promise<T[]> {
  const rows: T[] = [];
  for (let after = 0; ;) {
    const page = await load(after);
    rows.push(...page);
    if (page.length < PAGE) return rows;
    after = page.at(-1)!.id;
  }
}
