import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Currency, currencyKey, normalCurrency, normalPayoutAddress } from './currency.ts';

const token: Currency = { type: 'EVM', chainId: '1', tokenAddress: '0x6B175474E89094C44Da98b954EedeAC495271d0F' };

describe('src/core/token/currency', () => {
  // Examples of ERC-55.
  const checksummed = [
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
    '0x52908400098527886E0F7030069857D2E4169EE7',
    '0xde709f2102306220921060314715629080e2fb77',
  ];
  for (const address of checksummed) {
    it(`gives ${address} its checksum, from small letters and from capitals`, () => {
      assert.equal(normalPayoutAddress(token, address), address);
      assert.equal(normalPayoutAddress(token, address.toLowerCase()), address);
      assert.equal(normalPayoutAddress(token, `0x${address.slice(2).toUpperCase()}`), address);
    });
  }

  it('refuses a wrong checksum, and what is no address', () => {
    const wrong = [
      '0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
      '5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
      '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe',
      '',
      'bad',
    ];
    for (const address of wrong) assert.equal(normalPayoutAddress(token, address), null, address);
  });

  it('knows coins by the form of their addresses', () => {
    const bitcoin: Currency = { type: 'PROTOCOL', chainId: 'BTC' };
    const filecoin: Currency = { type: 'PROTOCOL', chainId: 'FIL' };
    const address = '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa';
    assert.equal(normalPayoutAddress(bitcoin, address), address);
    assert.equal(normalPayoutAddress(filecoin, address), null);
    assert.equal(normalPayoutAddress(filecoin, 'f01234'), 'f01234');
    assert.equal(normalPayoutAddress(bitcoin, checksummed[0]!), null);
  });

  it('has one form and one key for each currency', () => {
    const small = { ...token, tokenAddress: token.tokenAddress.toLowerCase(), note: 'x' };
    assert.deepEqual(normalCurrency(small), token);
    assert.equal(
      currencyKey(token),
      '{"chainId":"1","tokenAddress":"0x6B175474E89094C44Da98b954EedeAC495271d0F","type":"EVM"}',
    );
    assert.equal(currencyKey({ type: 'PROTOCOL', chainId: 'BTC' }), '{"chainId":"BTC","type":"PROTOCOL"}');
    for (const none of [null, 'EVM', {}, { type: 'PROTOCOL', chainId: 'DOGE' }, { ...token, chainId: '01' }]) {
      assert.equal(normalCurrency(none), null, JSON.stringify(none));
    }
  });
});
