/*
 * Keccak-256 as EVM addresses use it: the sponge of FIPS 202 with the padding byte 0x01 of the first submission. Lanes
 * are bigints of 64 bits: slow, and quick enough for addresses.
 */

const mask = (1n << 64n) - 1n;
const rateBytes = 136;

const rotate = (lane: bigint, bits: number): bigint => ((lane << BigInt(bits)) | (lane >> BigInt(64 - bits))) & mask;

/** Round constants, from the LFSR x^8 + x^6 + x^5 + x^4 + 1. */
const roundConstants = ((): bigint[] => {
  let register = 1;
  return Array.from({ length: 24 }, () => {
    let constant = 0n;
    for (let bit = 0; bit < 7; bit += 1) {
      if ((register & 1) === 1) constant |= 1n << ((1n << BigInt(bit)) - 1n);
      register <<= 1;
      if (register > 0xff) register ^= 0x171;
    }
    return constant;
  });
})();

function permute(state: bigint[]): void {
  for (const constant of roundConstants) {
    const columns = [0, 1, 2, 3, 4].map((x) =>
      [0, 5, 10, 15, 20].reduce((parity, row) => parity ^ state[row + x]!, 0n),
    );
    for (let i = 0; i < 25; i += 1) {
      state[i] = state[i]! ^ columns[(i + 4) % 5]! ^ rotate(columns[(i + 1) % 5]!, 1);
    }
    let [x, y] = [1, 0];
    let moving = state[1]!;
    for (let step = 0; step < 24; step += 1) {
      [x, y] = [y, (2 * x + 3 * y) % 5];
      const there = state[x + 5 * y]!;
      state[x + 5 * y] = rotate(moving, (((step + 1) * (step + 2)) / 2) % 64);
      moving = there;
    }
    for (let row = 0; row < 25; row += 5) {
      const lanes = state.slice(row, row + 5);
      for (let i = 0; i < 5; i += 1) state[row + i] = lanes[i]! ^ (~lanes[(i + 1) % 5]! & mask & lanes[(i + 2) % 5]!);
    }
    state[0] = state[0]! ^ constant;
  }
}

/** The digest of a text of ASCII characters, as 64 hexadecimal digits. */
export function keccak256(text: string): string {
  const bytes = Array.from(text, (character) => character.charCodeAt(0));
  bytes.push(1);
  while (bytes.length % rateBytes !== 0) bytes.push(0);
  bytes[bytes.length - 1]! |= 0x80;
  const state = Array.from({ length: 25 }, () => 0n);
  for (let block = 0; block < bytes.length; block += rateBytes) {
    for (let i = 0; i < rateBytes; i += 1) {
      state[i >> 3] = state[i >> 3]! ^ (BigInt(bytes[block + i]!) << BigInt(8 * (i % 8)));
    }
    permute(state);
  }
  return state
    .slice(0, 4)
    .map((lane) => lane.toString(16).padStart(16, '0').match(/../g)!.toReversed().join(''))
    .join('');
}
