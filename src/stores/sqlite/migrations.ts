/** Says "this SQLite file is a Prorata store" (PRAGMA application_id): the bytes "PrRa". */
export const applicationId = 0x50725261;

export interface Migration {
  readonly version: number;
  /** Whether the previous release can still run on the store, and why it changed. */
  readonly note: string;
  readonly sql: string;
}

/**
 * Numbered, forward only; a released one is never edited. The newest version applied is in PRAGMA user_version.
 *
 * How the tables are laid out
 * - The program leads every key, so that programs lie apart.
 * - Amounts, scores and shares are decimal TEXT: they exceed 64 bits.
 * - Accounts are walked by name, and ids follow the first appearance, so the two orders have nothing to do with each
 *   other. Whatever a step touches for each account (positions, scores, the index over payouts) is therefore keyed by
 *   the NAME: the rows of a batch lie side by side. Keyed by id, a step of 1,000 accounts among 500,000 dirtied some
 *   2,000 pages instead of 100 and took 27 ms instead of 4 (measured, names in random order).
 * - `payouts_once` is the guard against paying twice, and how the payouts of an account are found. The period leads, so that a
 *   batch goes to one place of it.
 * - The postings of an account need no index of their own: a payout knows the first and last posting of its account that
 *   were written with it. `lone_earner` is set, and indexed, only where an account has postings without a payout.
 * - `spans` says where the payouts (list 1) and postings (list 2) of a period are: one row per run of ids, instead of an
 *   index entry per row.
 */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    note: 'The first layout.',
    sql: `
CREATE TABLE programs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE states (program INTEGER PRIMARY KEY, state TEXT NOT NULL) STRICT;
CREATE TABLE rules (program INTEGER PRIMARY KEY, rules TEXT NOT NULL) STRICT;
CREATE TABLE schedule (
  program INTEGER NOT NULL, at INTEGER NOT NULL, nth INTEGER NOT NULL, entry TEXT NOT NULL,
  PRIMARY KEY (program, at, nth)
) STRICT, WITHOUT ROWID;

CREATE TABLE validators (
  program INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, jailed INTEGER NOT NULL,
  PRIMARY KEY (program, id), UNIQUE (program, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE rates (
  program INTEGER NOT NULL, validator INTEGER NOT NULL, nth INTEGER NOT NULL,
  since INTEGER NOT NULL, tokens TEXT NOT NULL, per_shares TEXT NOT NULL,
  PRIMARY KEY (program, validator, nth)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
  program INTEGER NOT NULL, name TEXT NOT NULL, id INTEGER NOT NULL, excluded INTEGER NOT NULL,
  PRIMARY KEY (program, name)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX accounts_by_id ON accounts (program, id);
CREATE INDEX accounts_excluded ON accounts (program, name) WHERE excluded = 1;
CREATE TABLE positions (
  program INTEGER NOT NULL, bucket INTEGER NOT NULL, name TEXT NOT NULL, validator INTEGER NOT NULL,
  account INTEGER NOT NULL, shares TEXT NOT NULL, since INTEGER,
  PRIMARY KEY (program, bucket, name, validator)
) STRICT, WITHOUT ROWID;
CREATE TABLE scores (
  program INTEGER NOT NULL, period INTEGER NOT NULL, name TEXT NOT NULL, account INTEGER NOT NULL, score TEXT NOT NULL,
  PRIMARY KEY (program, period, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  program INTEGER NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, time INTEGER NOT NULL,
  account INTEGER, payload TEXT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (program, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX events_once ON events (program, key);
CREATE INDEX events_of_account ON events (program, account, seq) WHERE account IS NOT NULL;
CREATE INDEX events_of_nobody ON events (program, seq) WHERE account IS NULL;

CREATE TABLE payouts (
  program INTEGER NOT NULL, id INTEGER NOT NULL, period INTEGER NOT NULL, pool TEXT NOT NULL,
  account INTEGER NOT NULL, name TEXT NOT NULL, score TEXT NOT NULL,
  due TEXT NOT NULL, restaked TEXT NOT NULL, liquid TEXT NOT NULL, reason TEXT NOT NULL,
  posting_first INTEGER, posting_last INTEGER,
  PRIMARY KEY (program, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX payouts_once ON payouts (program, period, name, pool);
-- Sides of a posting: 0 outside, 1 pool (ref = its name), 2 residual, 3 liquid, 4 stake (ref = id of the account).
CREATE TABLE postings (
  program INTEGER NOT NULL, id INTEGER NOT NULL, period INTEGER NOT NULL, allocation TEXT NOT NULL,
  source INTEGER NOT NULL, source_ref ANY, target INTEGER NOT NULL, target_ref ANY,
  amount TEXT NOT NULL, reason TEXT NOT NULL, lone_earner INTEGER,
  PRIMARY KEY (program, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX postings_lone ON postings (program, lone_earner, id) WHERE lone_earner IS NOT NULL;
CREATE TABLE spans (
  program INTEGER NOT NULL, list INTEGER NOT NULL, period INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  PRIMARY KEY (program, list, period, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE balances (
  program INTEGER NOT NULL, kind INTEGER NOT NULL, ref TEXT NOT NULL, balance TEXT NOT NULL,
  PRIMARY KEY (program, kind, ref)
) STRICT, WITHOUT ROWID;

CREATE TABLE periods (program INTEGER NOT NULL, period INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (program, period)) STRICT, WITHOUT ROWID;
CREATE TABLE steps (
  program INTEGER NOT NULL, period INTEGER NOT NULL, step INTEGER NOT NULL, phase TEXT NOT NULL,
  events INTEGER NOT NULL, at INTEGER NOT NULL, entries INTEGER NOT NULL, payouts INTEGER NOT NULL, first_payout INTEGER NOT NULL,
  PRIMARY KEY (program, period, step)
) STRICT, WITHOUT ROWID;

-- For people with any SQLite client: names instead of numbers.
CREATE VIEW payouts_readable AS
  SELECT g.name AS program, p.id, p.period, p.pool, p.name AS account, p.score, p.due, p.restaked, p.liquid, p.reason
  FROM payouts p JOIN programs g ON g.id = p.program;
CREATE VIEW postings_readable AS
  SELECT g.name AS program, p.id, p.period, p.allocation,
    CASE p.source WHEN 0 THEN 'outside' WHEN 1 THEN 'pool' WHEN 2 THEN 'residual' WHEN 3 THEN 'liquid' ELSE 'stake' END AS source,
    CASE WHEN p.source >= 3 THEN (SELECT a.name FROM accounts a WHERE a.program = p.program AND a.id = p.source_ref) ELSE p.source_ref END AS source_name,
    CASE p.target WHEN 0 THEN 'outside' WHEN 1 THEN 'pool' WHEN 2 THEN 'residual' WHEN 3 THEN 'liquid' ELSE 'stake' END AS target,
    CASE WHEN p.target >= 3 THEN (SELECT a.name FROM accounts a WHERE a.program = p.program AND a.id = p.target_ref) ELSE p.target_ref END AS target_name,
    p.amount, p.reason
  FROM postings p JOIN programs g ON g.id = p.program;
CREATE VIEW positions_readable AS
  SELECT g.name AS program, p.name AS account, v.name AS validator, p.shares, p.since, p.bucket
  FROM positions p JOIN programs g ON g.id = p.program JOIN validators v ON v.program = p.program AND v.id = p.validator;
`,
  },
  {
    version: 2,
    note: 'Facts with an instant, checkpoints of what they leave, awards, bookmarks of sources. The release before cannot run on it.',
    sql: `
-- Only facts have a second of their own, so other programs pay nothing for the index.
ALTER TABLE events ADD COLUMN at INTEGER;
CREATE INDEX events_by_at ON events (program, at, seq) WHERE at IS NOT NULL;
CREATE TABLE checkpoints (
  program INTEGER NOT NULL, at INTEGER NOT NULL, seq INTEGER NOT NULL, fold TEXT NOT NULL,
  PRIMARY KEY (program, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE awards (
  program INTEGER NOT NULL, period INTEGER NOT NULL, name TEXT NOT NULL, account INTEGER NOT NULL,
  score TEXT NOT NULL, due TEXT NOT NULL,
  PRIMARY KEY (program, period, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE bookmarks (program INTEGER NOT NULL, source TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (program, source)) STRICT, WITHOUT ROWID;
CREATE TABLE prunings (program INTEGER NOT NULL, last INTEGER NOT NULL, pruning TEXT NOT NULL, PRIMARY KEY (program, last)) STRICT, WITHOUT ROWID;
`,
  },
  {
    version: 3,
    note: 'The graph of contributions, what policies remember, a ledger account for what they carry over. The release before cannot run on it.',
    sql: `
-- Every version of a node and an edge, by the event that made it: a window reads the graph as it was when it opened. A weight of 1
-- is NULL, so that most rows are short.
CREATE TABLE graph_nodes (
  program INTEGER NOT NULL, number INTEGER NOT NULL, since INTEGER NOT NULL, node TEXT NOT NULL,
  time INTEGER NOT NULL, timeless INTEGER NOT NULL, weight TEXT, gone INTEGER NOT NULL,
  PRIMARY KEY (program, number, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX graph_nodes_by_name ON graph_nodes (program, node);
CREATE TABLE graph_edges (
  program INTEGER NOT NULL, number INTEGER NOT NULL, since INTEGER NOT NULL, edge TEXT NOT NULL,
  time INTEGER NOT NULL, source INTEGER NOT NULL, target INTEGER NOT NULL, forward TEXT, backward TEXT, gone INTEGER NOT NULL,
  PRIMARY KEY (program, number, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX graph_edges_by_name ON graph_edges (program, edge);
CREATE INDEX events_governing ON events (program, seq) WHERE kind IN ('program', 'rules', 'token', 'attribution');
CREATE TABLE tallies (
  program INTEGER NOT NULL, period INTEGER NOT NULL, name TEXT NOT NULL, account INTEGER NOT NULL,
  score TEXT NOT NULL, revision TEXT NOT NULL, owed TEXT NOT NULL,
  PRIMARY KEY (program, period, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE estimates (
  program INTEGER PRIMARY KEY, estimate TEXT NOT NULL, contributions BLOB, epochs BLOB
) STRICT;
CREATE INDEX tallies_of_account ON tallies (program, name, period);
ALTER TABLE awards ADD COLUMN waits INTEGER NOT NULL DEFAULT 0;
-- Side 5 of a posting: carried.
DROP VIEW postings_readable;
CREATE VIEW postings_readable AS
  SELECT g.name AS program, p.id, p.period, p.allocation,
    CASE p.source WHEN 0 THEN 'outside' WHEN 1 THEN 'pool' WHEN 2 THEN 'residual' WHEN 3 THEN 'liquid' WHEN 4 THEN 'stake' ELSE 'carried' END AS source,
    CASE WHEN p.source >= 3 THEN (SELECT a.name FROM accounts a WHERE a.program = p.program AND a.id = p.source_ref) ELSE p.source_ref END AS source_name,
    CASE p.target WHEN 0 THEN 'outside' WHEN 1 THEN 'pool' WHEN 2 THEN 'residual' WHEN 3 THEN 'liquid' WHEN 4 THEN 'stake' ELSE 'carried' END AS target,
    CASE WHEN p.target >= 3 THEN (SELECT a.name FROM accounts a WHERE a.program = p.program AND a.id = p.target_ref) ELSE p.target_ref END AS target_name,
    p.amount, p.reason
  FROM postings p JOIN programs g ON g.id = p.program;
`,
  },
  {
    version: 4,
    note: 'API tokens.',
    sql: `
-- Of a token only the SHA-256 of its text. Instants are milliseconds.
CREATE TABLE tokens (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role TEXT NOT NULL, hash TEXT NOT NULL,
  made_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER
) STRICT;
`,
  },
  {
    version: 5,
    note: 'The state counts positions and scores. The release before would not count on, so it cannot run on it.',
    sql: `
UPDATE states SET state = json_set(state,
  '$.positions', (SELECT count(*) FROM positions p WHERE p.program = states.program),
  '$.scores', json((
    SELECT json_group_object(period, stored) FROM (
      SELECT period, count(*) AS stored FROM scores s
      WHERE s.program = states.program AND NOT EXISTS (
        SELECT 1 FROM periods p
        WHERE p.program = s.program AND p.period = s.period AND json_extract(p.record, '$.status') = 'settled')
      GROUP BY period))));
`,
  },
  {
    version: 6,
    note: 'Postings that are no payouts are found by their reason.',
    sql: `
-- Payouts are nearly all postings, and pay nothing for it.
CREATE INDEX postings_apart ON postings (program, reason, id) WHERE reason <> 'payout';
`,
  },
];

export const newestVersion = migrations.at(-1)!.version;
