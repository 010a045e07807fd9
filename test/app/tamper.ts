import assert from 'node:assert/strict';
import type { DatabaseSync } from 'node:sqlite';
import type { InvariantName } from '../../src/app/verify.ts';

/** What somebody does to a store behind Prorata's back, and which invariants must find it. */
export type Tampering = readonly (readonly [
  what: string,
  how: (db: DatabaseSync) => void,
  found: readonly InvariantName[],
])[];

/** Changes one JSON column: money is "#" and digits there. */
export function edit(
  db: DatabaseSync,
  table: 'states' | 'rules' | 'periods' | 'prunings',
  where: string,
  change: (value: any) => void,
): void {
  const column = { states: 'state', rules: 'rules', periods: 'record', prunings: 'pruning' }[table];
  const row = db.prepare(`SELECT ${column} AS text FROM ${table} WHERE ${where}`).get() as { text: string };
  const value = JSON.parse(row.text);
  change(value);
  db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`).run(JSON.stringify(value));
}

export const sql =
  (text: string) =>
  (db: DatabaseSync): void => {
    assert.ok(Number(db.prepare(text).run().changes) > 0, text);
  };
export const more = (amount: string, by = 1n): string => `#${BigInt(amount.slice(1)) + by}`;
