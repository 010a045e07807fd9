import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bandLane, splitPair, tieLane } from './rules.ts';

describe('src/core/scoring/crown/rules', () => {
  it('lets the higher rate win where the chain given is what quotes are per unit of', () => {
    const higher = ['btc-tao', 'tao-btc', 'btc-eth', 'eth-btc', 'eth-tao'].map((pair) => tieLane(pair).higherWins);
    assert.deepEqual(higher, [true, false, true, false, true]);
    const chain = { decimals: 9, minOnchain: 1n };
    const setting = { hubs: ['sol', 'tao'], chains: { sol: chain, tao: chain, btc: chain } };
    assert.equal(bandLane({ from: 'btc', to: 'tao', backing: 'tao' }, setting).higherWins, false);
    assert.equal(bandLane({ from: 'sol', to: 'tao', backing: 'tao' }, setting).higherWins, true);
    assert.throws(() => bandLane({ from: 'btc', to: 'eth', backing: 'tao' }, setting), { code: 'lane-without-hub' });
    assert.throws(() => bandLane({ from: 'eth', to: 'tao', backing: 'tao' }, setting), { code: 'chain-unknown' });
  });

  it('refuses what is no pair', () => {
    for (const pair of ['', 'btc', 'btc-', 'a-b-c', 'a-a', 'a-b|c']) {
      assert.throws(() => splitPair(pair), { code: 'pair-malformed' }, pair);
    }
  });
});
