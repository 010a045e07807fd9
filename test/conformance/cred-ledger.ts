import { deepStrictEqual, equal } from 'node:assert/strict';
import { ProrataError } from '../../src/core/errors.ts';
import type { Currency } from '../../src/core/token/currency.ts';
import type { TokenEvent } from '../../src/core/token/event.ts';
import { type Account, issuance, TokenLedger } from '../../src/core/token/ledger.ts';
import { ledgerOf, readLog, writeLog } from '../../src/core/token/log.ts';
import { foldName, isTokenId, proposeName } from '../../src/core/token/names.ts';
import { operate, type Operation } from '../../src/core/token/operations.ts';
import type { VectorResult } from './stake.ts';
import { failureOf, readText } from './vector-file.ts';

/**
 * Runs `ledger_events`, `ledger_operations` and `ledger_parse` (README of that folder): one result per case. Where the
 * reference is wrong, marked as a quirk or not, the refusal is stated here (`refusedInstead`), and must come.
 */
export async function* runCredLedgerVectors(dir: string): AsyncGenerator<VectorResult> {
  for (const vector of JSON.parse(readText(dir, 'ledger_events.json.gz')).cases) {
    yield { name: `ledger_events ${vector.name}`, failure: failureOf(() => runEvents(vector)) };
  }
  for (const vector of JSON.parse(readText(dir, 'ledger_operations.json')).cases) {
    yield { name: `ledger_operations ${vector.name}`, failure: failureOf(() => runOperations(vector)) };
  }
  const { cases, identityProposals } = JSON.parse(readText(dir, 'ledger_parse.json'));
  for (const vector of cases) {
    yield { name: `ledger_parse ${vector.name}`, failure: failureOf(() => runParse(vector)) };
  }
  for (const vector of identityProposals) {
    yield { name: `ledger_parse proposal ${vector.name}`, failure: failureOf(() => runProposal(vector)) };
  }
}

/** Replays the real log and the one with distributions (README of that data): one result per question asked of them. */
export async function* runCredLedgerData(dir: string): AsyncGenerator<VectorResult> {
  for (const file of ['ledger.ndjson.gz', 'derived_ledger_with_distributions.ndjson.gz']) {
    const text = readText(dir, file);
    let ledger: TokenLedger | undefined;
    const failure = failureOf(() => (ledger = ledgerOf(readLog(text))));
    yield { name: `${file} is replayed`, failure };
    if (ledger === undefined) continue;
    const { events } = ledger;
    yield { name: `${file} is written back to the byte`, failure: failureOf(() => equal(writeLog(events), text)) };
    const replayed = ledger;
    yield { name: `${file}: postings add up`, failure: failureOf(() => checkPostings(replayed)) };
    if (!file.startsWith('derived')) continue;
    const { accounts } = JSON.parse(readText(dir, 'derived_final_state.json.gz'));
    yield {
      name: 'derived_final_state.json.gz is what the log comes to',
      failure: failureOf(() => {
        const got = replayed.accounts().map(({ id, name, active, balance, paid, ids: mergedIdentityIds }) => {
          return { id, name, active, balance: `${balance}`, paid: `${paid}`, mergedIdentityIds };
        });
        deepStrictEqual(got, accounts);
      }),
    };
  }
}

/** By case and step: what the reference takes, and this ledger does not. */
const refusedInstead: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'merge-twice-same-target': { 6: 'identity-already-merged' },
  'rename-by-merged-id': { 3: 'identity-merged-away' },
  'distribute-duplicate-id': { 5: 'distribution-repeated' },
  'distribute-budget-mismatch': { 4: 'receipts-not-budget' },
  'duplicate-toggle-line': { 5: 'event-repeated' },
};

function runEvents({ name, quirk, events, steps, final, reparse }: any): void {
  const ledger = new TokenLedger();
  const ids = new FreshIds();
  for (const [index, given] of events.entries()) {
    const wanted = refusedInstead[name]?.[index] ?? steps[index].code ?? null;
    const before = stateOf(ledger);
    const event = ids.withoutRepeats(given, ledger, steps[index].ok);
    const refusal = ledger.apply(event);
    equal(refusal?.code ?? null, wanted, `step ${index}: ${refusal?.message ?? 'taken'}`);
    if (refusal !== null) deepStrictEqual(stateOf(ledger), before, `step ${index} was refused, and changed something`);
  }
  checkPostings(ledger);
  equal(quirk === true, Object.hasOwn(refusedInstead, name), 'every quirk is stated here, and nothing else');
  if (quirk !== true) deepStrictEqual(sortParts(ids.asGiven(finalOf(ledger))), sortParts(final));
  const again = ledgerOf(readLog(writeLog(ledger.events)));
  deepStrictEqual(stateOf(again), stateOf(ledger), 'the log read back gives another state');
  deepStrictEqual(reparse, { ok: true, sameState: true });
}

/**
 * One long case draws its ids from a supply that begins anew after some 400, and the reference takes every repeat. Here a
 * repeat is refused, which is seen, and then goes on under a fresh id; results are compared under the ids as given.
 */
class FreshIds {
  readonly #used = new Set<string>();
  readonly #givenOf = new Map<string, string>();

  withoutRepeats(given: any, ledger: TokenLedger, isTaken: boolean): TokenEvent {
    const event = structuredClone(given);
    if (ledger.events.some(({ uuid }) => uuid === given.uuid)) {
      if (isTaken) equal(ledger.apply(event)?.code, 'event-repeated');
      event.uuid = this.#fresh(given.uuid);
    }
    this.#used.add(event.uuid);
    const { distribution } = event.action;
    if (!isTaken || distribution === undefined || !ledger.distributionIds.includes(distribution.id)) return event;
    if (isInLog(distribution, ledger)) return event; // the same once more is what a quirk is about
    equal(ledger.apply(event)?.code, 'distribution-repeated');
    distribution.id = this.#fresh(distribution.id);
    equal(ledger.apply(event)?.code, 'allocation-repeated');
    for (const allocation of distribution.allocations) allocation.id = this.#fresh(allocation.id);
    return event;
  }

  #fresh(id: string): string {
    for (const letter of 'ABDEGJKLMNOPQRVWXYZ') {
      const fresh = `${letter}0${id.slice(2)}`;
      if (!isTokenId(fresh) || this.#used.has(fresh) || this.#givenOf.has(fresh)) continue;
      this.#givenOf.set(fresh, id);
      return fresh;
    }
    throw new Error(`no fresh id for ${id}`);
  }

  /** Lists of ids have each once, as the reference's do. */
  asGiven(value: unknown): any {
    const ids = this.#givenOf;
    const given = JSON.parse(JSON.stringify(value), (_, item) =>
      typeof item === 'string' ? (ids.get(item) ?? item) : item,
    );
    for (const key of ['distributionIds', 'allocationIds']) given[key] = [...new Set(given[key])];
    return given;
  }
}

const isInLog = (distribution: unknown, ledger: TokenLedger): boolean =>
  ledger.events.some(
    ({ action }) =>
      action.type === 'DISTRIBUTE_GRAIN' && JSON.stringify(action.distribution) === JSON.stringify(distribution),
  );

function runOperations({ calls, final }: any): void {
  const ledger = new TokenLedger();
  const idOf = new Map<string, string>(final.accounts.map(({ name, id }: any) => [name, id]));
  let count = 0;
  const nextId = (): string => `event-${(count += 1)}`;
  for (const [index, { op, args, code, emitted }] of calls.entries()) {
    const { events, refusal } = operate(ledger, operationOf(op, args, idOf), { at: 1000 + index, nextId });
    equal(refusal?.code, code, `call ${index}: ${refusal?.message ?? 'done'}`);
    deepStrictEqual(
      events.map(({ action }) => action.type),
      emitted,
      `call ${index}`,
    );
  }
  deepStrictEqual(finalOf(ledger), sortParts(final));
}

function operationOf(op: string, args: any, idOf: ReadonlyMap<string, string>): Operation {
  const currency = { type: 'EVM', chainId: args.chainId, tokenAddress: args.tokenAddress } as Currency;
  switch (op) {
    case 'createIdentity':
      return { op: 'create-identity', id: idOf.get(args.name) ?? '', type: args.type, name: args.name };
    case 'activate':
    case 'deactivate':
      return { op, id: args.id };
    case 'setPayoutAddress':
      return { op: 'set-payout-address', id: args.id, currency, payoutAddress: args.payoutAddress };
    case 'setExternalCurrency':
      return { op: 'set-currency', currency };
    case 'removeExternalCurrency':
      return { op: 'remove-currency' };
    case 'enableAccounting':
      return { op: 'enable-accounting' };
    case 'disableAccounting':
      return { op: 'disable-accounting' };
    default:
      throw new Error(`no such operation: ${op}`);
  }
}

function runParse({ name, text, ok, accounts, events }: any): void {
  const [instead] = Object.values(refusedInstead[name] ?? {});
  const got = ((): unknown => {
    try {
      const ledger = ledgerOf(readLog(text));
      return { accounts: ledger.accounts().length, events: ledger.events.length };
    } catch (error) {
      if (error instanceof ProrataError) return { code: error.code };
      throw error;
    }
  })();
  if (instead !== undefined) deepStrictEqual(got, { code: instead });
  else if (ok) deepStrictEqual(got, { accounts, events });
  else deepStrictEqual(got, { code: name === 'duplicate-line' ? 'event-repeated' : 'token-log-malformed' });
}

function runProposal({ existing, proposal, name }: any): void {
  const taken = new Set<string>(existing.map(foldName));
  equal(
    proposeName(proposal.name, proposal.pluginName, (text) => taken.has(foldName(text))),
    name,
  );
}

// --- states

/** Everything that a ledger says of itself. */
function stateOf(ledger: TokenLedger): unknown {
  return { final: finalOf(ledger), postings: [...ledger.postings], accounts: ledger.accounts() };
}

/** The state in the words of the vectors. */
function finalOf(ledger: TokenLedger): unknown {
  return sortParts({
    accounts: ledger.accounts().map(accountOf),
    lastDistributionTimestamp: ledger.lastDistribution,
    accounting: {
      enabled: ledger.accountingEnabled,
      trackGrainIntegration: ledger.trackingEnabled,
      currency: ledger.currency,
    },
    trackedDistributions: ledger.trackedDistributions,
    distributionIds: ledger.distributionIds,
    allocationIds: ledger.allocationIds,
    events: ledger.events.length,
  });
}

function accountOf(account: Account): unknown {
  const { id, name, type: subtype, address, aliases, balance, paid, active, ids, payoutAddresses, receipts } = account;
  return {
    id,
    name,
    subtype,
    address,
    aliases,
    balance: `${balance}`,
    paid: `${paid}`,
    active,
    mergedIdentityIds: ids,
    payoutAddresses: [...payoutAddresses],
    allocationHistory: receipts.map(({ allocationId, credTimestamp, id: receiptId, amount }) => {
      return { allocationId, credTimestampMs: credTimestamp, receiptId, amount: `${amount}` };
    }),
  };
}

/** Histories by cred time, addresses by currency: orders that say nothing, and that this ledger has its own way. */
function sortParts(final: any): unknown {
  const accounts = final.accounts.map((account: any) => ({
    ...account,
    payoutAddresses: account.payoutAddresses.toSorted(([a]: [string], [b]: [string]) => (a < b ? -1 : 1)),
    allocationHistory: account.allocationHistory.toSorted(
      (a: any, b: any) =>
        a.credTimestampMs - b.credTimestampMs || (JSON.stringify(sortKeys(a)) < JSON.stringify(sortKeys(b)) ? -1 : 1),
    ),
  }));
  return structuredClone({ ...final, accounts });
}

const sortKeys = (row: object): unknown => Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1));

/** Of each book, postings in less postings out are what the accounts say. */
function checkPostings(ledger: TokenLedger): void {
  for (const book of ['paid', 'balance'] as const) {
    const sums = new Map<string, bigint>();
    for (const { from, to, amount } of ledger.postings.filter((posting) => posting.book === book)) {
      sums.set(from, (sums.get(from) ?? 0n) - amount);
      sums.set(to, (sums.get(to) ?? 0n) + amount);
    }
    for (const account of ledger.accounts()) {
      const sum = account.ids.reduce((all, id) => all + (sums.get(id) ?? 0n), 0n);
      equal(sum, account[book], `postings of ${account.name} in the book "${book}"`);
    }
    const all = ledger.accounts().reduce((sum, account) => sum + account[book], 0n);
    equal(-(sums.get(issuance) ?? 0n), all, `the issuance in the book "${book}"`);
  }
}
