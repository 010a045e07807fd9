/**
 * Loaded before the tests: one seed for every property and every other random case, printed first, so that any run can
 * be repeated. What is not made by fast-check's default seed reads it from the environment, as SEED.
 */
import fc from 'fast-check';

const given = process.env['SEED'];
if (given !== undefined && !/^\d{1,9}$/.test(given)) {
  throw new Error(`SEED is "${given}"; it must be a whole number of 1 to 9 digits.`);
}
const seed = given === undefined ? Math.floor(Math.random() * 1e9) : Number(given);
process.env['SEED'] = String(seed);
fc.configureGlobal({ seed });
process.stdout.write(`seed ${seed} (repeat with SEED=${seed} npm test)\n`);
