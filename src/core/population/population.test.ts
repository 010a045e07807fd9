import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareBytes } from '../bytes.ts';
import { type PopulationOptions, accountName, inChunks, populationEvents, positionsPerAccount } from './population.ts';

const options: PopulationOptions = { seed: 7, accounts: 5000, validators: 20, from: 1_000, until: 61_000 };
const delegations = (of: PopulationOptions) => [...populationEvents(of)].filter((event) => event.kind === 'delegate');

describe('src/core/population/population', () => {
  it('is the same for the same seed and another for another', () => {
    assert.deepEqual([...populationEvents(options)], [...populationEvents(options)]);
    assert.notDeepEqual(delegations(options), delegations({ ...options, seed: 8 }));
  });

  it('names accounts in the order of their bytes, or scattered, each once', () => {
    const numbers = Array.from({ length: 40_000 }, (_, i) => i + 1);
    const ordered = numbers.map((number) => accountName(options, number));
    assert.deepEqual(ordered.toSorted(compareBytes), ordered);
    const scattered = numbers.map((number) => accountName({ ...options, names: 'scattered' }, number));
    assert.notDeepEqual(scattered.toSorted(compareBytes), scattered);
    for (const names of [ordered, scattered]) {
      assert.equal(new Set(names).size, numbers.length);
      assert.ok(names.every((name) => /^acct1[0-9a-z]{38}$/.test(name)));
    }
  });

  it('orders events by time, gives every account 1 to 4 different validators, and keys that never repeat', () => {
    const events = [...populationEvents(options)];
    assert.ok(events.every(({ time }, i) => time >= (events[i - 1]?.time ?? options.from) && time <= options.until));
    assert.equal(new Set(events.map(({ key }) => key)).size, events.length);
    const stakes = Map.groupBy(delegations(options), ({ account }) => account);
    assert.equal(stakes.size, options.accounts);
    for (const held of stakes.values()) {
      assert.ok(held.length <= 4);
      assert.equal(new Set(held.map(({ validator }) => validator)).size, held.length);
    }
    const average = delegations(options).length / options.accounts;
    assert.ok(Math.abs(average - positionsPerAccount) < 0.1, `${average} positions per account`);
  });

  it('is skewed: the largest hundredth holds most of the stake, and amounts end in odd units', () => {
    const amounts = delegations(options)
      .map(({ amount }) => amount!)
      .toSorted((a, b) => (a < b ? 1 : -1));
    const sum = (list: readonly bigint[]): bigint => list.reduce((total, amount) => total + amount, 0n);
    assert.ok(sum(amounts.slice(0, amounts.length / 100)) * 2n > sum(amounts));
    assert.ok(amounts.every((amount) => amount > 0n));
    assert.ok(amounts.filter((amount) => amount % 1000n !== 0n).length > amounts.length * 0.9);
  });

  it('can have fewer validators than an account would like', () => {
    for (const event of populationEvents({ ...options, validators: 1, accounts: 50 })) {
      if (event.kind === 'delegate') assert.equal(event.key.endsWith('-1'), true);
    }
  });

  it('comes in chunks that add up', () => {
    const chunks = [...inChunks(populationEvents(options), 1000)];
    assert.deepEqual(chunks.flat(), [...populationEvents(options)]);
    assert.ok(chunks.slice(0, -1).every(({ length }) => length === 1000));
  });
});
