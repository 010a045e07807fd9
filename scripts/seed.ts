/**
 * Loaded before the tests: one seed for every property, printed first, so that any run can be repeated. A property that
 * names its own seed keeps it; other generators of random cases read PRORATA_SEED.
 */
import fc from 'fast-check';

const given = process.env['PRORATA_SEED'];
if (given !== undefined && !/^\d{1,9}$/.test(given)) {
  throw new Error(`PRORATA_SEED is "${given}"; it must be a whole number of 1 to 9 digits.`);
}
const seed = given === undefined ? Math.floor(Math.random() * 1e9) : Number(given);
process.env['PRORATA_SEED'] = String(seed);
fc.configureGlobal({ seed });
process.stdout.write(`seed ${seed} (repeat with PRORATA_SEED=${seed} npm test)\n`);
