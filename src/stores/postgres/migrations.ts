export interface Migration {
  readonly version: number;
  /** Whether the previous release can still run on the store, and why it changed. */
  readonly note: string;
  readonly sql: string;
}

/**
 * Numbered, forward only; a released one is never edited. Those applied are rows of `layout`, in the schema that is the store.
 *
 * How the tables are laid out
 * - The program leads every key. The account's name is part of every primary key whose rows belong to accounts, and of every query
 *   that a step makes for each account, so that a cluster can lay rows out by account. Rows about nobody have the name ''.
 * - `..._once` are unique indexes without the account. They are a second guard: whoever writes has locked the row of the program, and
 *   gives ids that are next. A cluster that lays rows out by account cannot keep them (docs/reference/store.md).
 * - Text is compared by its bytes (COLLATE "C"), amounts are `numeric`, and no sequence gives an id.
 * - Accounts are walked by name, so whatever a step touches for each of them lies in the order of names.
 * - Rows of `positions`, `scores` and `states` change all the time: room on their pages lets them change in place.
 * - `spans` says where the payouts (list 1) and postings (list 2) of a period are: one row per run of ids.
 * - `leases`: who works on a program, until when by the server's clock, and how many there have been. A transaction that was begun under a
 *   lease looks, with the program's row locked, whether it is still the newest.
 * - `ranges`: who works on which step of an open window, and what that step will leave, so that the next one can be begun. Nothing depends on it.
 * - `commits` remembers the newest writes of a program: whoever lost the answer to a COMMIT looks there for its own.
 */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    note: 'The first layout.',
    sql: `
CREATE TABLE programs (id int4 PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE, writes int8 NOT NULL DEFAULT 0) WITH (fillfactor = 50);
CREATE TABLE commits (
  program int4 NOT NULL, slot int4 NOT NULL, nth int8 NOT NULL, token text NOT NULL, PRIMARY KEY (program, slot)
) WITH (fillfactor = 50);
CREATE TABLE leases (program int4 PRIMARY KEY, holder text NOT NULL, fence int8 NOT NULL, until timestamptz NOT NULL) WITH (fillfactor = 50);
CREATE TABLE states (program int4 PRIMARY KEY, state text NOT NULL) WITH (fillfactor = 50);
CREATE TABLE rules (program int4 PRIMARY KEY, rules text NOT NULL);
CREATE TABLE schedule (program int4 NOT NULL, at int8 NOT NULL, nth int4 NOT NULL, entry text NOT NULL, PRIMARY KEY (program, at, nth));
CREATE TABLE validators (
  program int4 NOT NULL, id int4 NOT NULL, name text COLLATE "C" NOT NULL, jailed boolean NOT NULL,
  PRIMARY KEY (program, id), UNIQUE (program, name)
);
CREATE TABLE rates (
  program int4 NOT NULL, validator int4 NOT NULL, nth int4 NOT NULL, since int8 NOT NULL, tokens numeric NOT NULL, per_shares numeric NOT NULL,
  PRIMARY KEY (program, validator, nth)
);

CREATE TABLE accounts (
  program int4 NOT NULL, name text COLLATE "C" NOT NULL, id int8 NOT NULL, excluded boolean NOT NULL, PRIMARY KEY (program, name)
);
CREATE UNIQUE INDEX accounts_once ON accounts (program, id);
CREATE INDEX accounts_excluded ON accounts (program, name) WHERE excluded;
CREATE TABLE positions (
  program int4 NOT NULL, bucket int4 NOT NULL, name text COLLATE "C" NOT NULL, validator int4 NOT NULL,
  account int8 NOT NULL, shares numeric NOT NULL, since int8,
  PRIMARY KEY (program, bucket, name, validator)
) WITH (fillfactor = 70);
CREATE TABLE scores (
  program int4 NOT NULL, period int4 NOT NULL, name text COLLATE "C" NOT NULL, account int8 NOT NULL, score numeric NOT NULL,
  PRIMARY KEY (program, period, name)
) WITH (fillfactor = 70);

CREATE TABLE events (
  program int4 NOT NULL, seq int8 NOT NULL, key text COLLATE "C" NOT NULL, kind text NOT NULL, time int8 NOT NULL,
  account int8, name text COLLATE "C" NOT NULL, payload text NOT NULL, at int8, hash text NOT NULL,
  PRIMARY KEY (program, name, seq)
);
CREATE UNIQUE INDEX events_once ON events (program, seq);
CREATE UNIQUE INDEX events_key_once ON events (program, key);
CREATE INDEX events_by_at ON events (program, at, seq) WHERE at IS NOT NULL;
CREATE INDEX events_governing ON events (program, seq) WHERE kind IN ('program', 'rules', 'token', 'attribution');

CREATE TABLE payouts (
  program int4 NOT NULL, id int8 NOT NULL, period int4 NOT NULL, pool text COLLATE "C" NOT NULL,
  account int8 NOT NULL, name text COLLATE "C" NOT NULL, score numeric NOT NULL,
  due numeric NOT NULL, restaked numeric NOT NULL, liquid numeric NOT NULL, reason text NOT NULL,
  PRIMARY KEY (program, period, name, pool)
);
CREATE UNIQUE INDEX payouts_once ON payouts (program, id);
-- Sides of a posting: 0 outside, 1 pool, 2 residual, 3 liquid, 4 stake, 5 carried. An earner is the same on both of them.
CREATE TABLE postings (
  program int4 NOT NULL, id int8 NOT NULL, period int4 NOT NULL, allocation text NOT NULL,
  source int2 NOT NULL, source_pool text, target int2 NOT NULL, target_pool text,
  account int8, name text COLLATE "C" NOT NULL, amount numeric NOT NULL, reason text NOT NULL,
  PRIMARY KEY (program, period, name, id)
);
CREATE UNIQUE INDEX postings_once ON postings (program, id);
CREATE INDEX postings_apart ON postings (program, reason, id) WHERE reason <> 'payout';
CREATE TABLE spans (
  program int4 NOT NULL, list int2 NOT NULL, period int4 NOT NULL, first int8 NOT NULL, last int8 NOT NULL,
  PRIMARY KEY (program, list, period, first)
) WITH (fillfactor = 50);
CREATE TABLE balances (
  program int4 NOT NULL, kind int2 NOT NULL, ref text COLLATE "C" NOT NULL, balance numeric NOT NULL, PRIMARY KEY (program, kind, ref)
) WITH (fillfactor = 50);
CREATE TABLE periods (program int4 NOT NULL, period int4 NOT NULL, record text NOT NULL, PRIMARY KEY (program, period));
CREATE TABLE steps (
  program int4 NOT NULL, period int4 NOT NULL, step int8 NOT NULL, phase text NOT NULL,
  events int8 NOT NULL, at int8 NOT NULL, entries int8 NOT NULL, payouts int8 NOT NULL, first_payout int8 NOT NULL,
  PRIMARY KEY (program, period, step)
);

CREATE TABLE checkpoints (program int4 NOT NULL, at int8 NOT NULL, seq int8 NOT NULL, fold text NOT NULL, PRIMARY KEY (program, at));
CREATE TABLE awards (
  program int4 NOT NULL, period int4 NOT NULL, name text COLLATE "C" NOT NULL, account int8 NOT NULL,
  score numeric NOT NULL, due numeric NOT NULL, waits boolean NOT NULL,
  PRIMARY KEY (program, period, name)
);
CREATE TABLE bookmarks (program int4 NOT NULL, source text COLLATE "C" NOT NULL, value text NOT NULL, PRIMARY KEY (program, source));
CREATE TABLE prunings (program int4 NOT NULL, last int8 NOT NULL, pruning text NOT NULL, PRIMARY KEY (program, last));

-- A weight of 1 is NULL, so that most rows are short.
CREATE TABLE graph_nodes (
  program int4 NOT NULL, number int8 NOT NULL, since int8 NOT NULL, node text COLLATE "C" NOT NULL,
  time int8 NOT NULL, timeless boolean NOT NULL, weight text, gone boolean NOT NULL,
  PRIMARY KEY (program, number, since)
);
CREATE INDEX graph_nodes_by_name ON graph_nodes (program, node);
CREATE TABLE graph_edges (
  program int4 NOT NULL, number int8 NOT NULL, since int8 NOT NULL, edge text COLLATE "C" NOT NULL,
  time int8 NOT NULL, source int8 NOT NULL, target int8 NOT NULL, forward text, backward text, gone boolean NOT NULL,
  PRIMARY KEY (program, number, since)
);
CREATE INDEX graph_edges_by_name ON graph_edges (program, edge);
CREATE TABLE tallies (
  program int4 NOT NULL, period int4 NOT NULL, name text COLLATE "C" NOT NULL, account int8 NOT NULL,
  score numeric NOT NULL, revision numeric NOT NULL, owed numeric NOT NULL,
  PRIMARY KEY (program, period, name)
);
CREATE INDEX tallies_of_account ON tallies (program, name, period);
CREATE TABLE estimates (program int4 PRIMARY KEY, estimate text NOT NULL, contributions bytea, epochs bytea);

-- API tokens: of each only the SHA-256 of its text. Instants are milliseconds. Made by hand, so that a sequence does no harm.
CREATE TABLE tokens (
  number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, name text NOT NULL, role text NOT NULL,
  hash text NOT NULL, made_at int8 NOT NULL, expires_at int8, revoked_at int8
);

-- For people: names instead of numbers.
CREATE VIEW payouts_readable AS
  SELECT g.name AS program, p.id, p.period, p.pool, p.name AS account, p.score, p.due, p.restaked, p.liquid, p.reason
  FROM payouts p JOIN programs g ON g.id = p.program;
CREATE VIEW postings_readable AS
  SELECT g.name AS program, p.id, p.period, p.allocation,
    (ARRAY['outside', 'pool', 'residual', 'liquid', 'stake', 'carried'])[p.source + 1] AS source,
    CASE WHEN p.source IN (3, 4) THEN p.name ELSE p.source_pool END AS source_name,
    (ARRAY['outside', 'pool', 'residual', 'liquid', 'stake', 'carried'])[p.target + 1] AS target,
    CASE WHEN p.target IN (3, 4) THEN p.name ELSE p.target_pool END AS target_name,
    p.amount, p.reason
  FROM postings p JOIN programs g ON g.id = p.program;
CREATE VIEW positions_readable AS
  SELECT g.name AS program, p.name AS account, v.name AS validator, p.shares, p.since, p.bucket
  FROM positions p JOIN programs g ON g.id = p.program JOIN validators v ON v.program = p.program AND v.id = p.validator;
`,
  },
  {
    version: 2,
    note: 'Leases on ranges of accounts. The release before can run on it, and does not know them.',
    sql: `
CREATE TABLE ranges (
  program int4 NOT NULL, period int4 NOT NULL, step int4 NOT NULL, holder text NOT NULL, fence int8 NOT NULL, until timestamptz NOT NULL,
  state text, balances text, PRIMARY KEY (program, period, step)
) WITH (fillfactor = 50);
`,
  },
];

export const newestVersion = migrations.at(-1)!.version;
