import { allowFuture, at, dryRun, key } from './common-flags.ts';
import { roundOptions } from './crown/options.ts';
import type { Io } from './io.ts';
import { peopleCommands } from './people/commands.ts';

/** A command as `--help` shows it. Its code is loaded when it runs, so that the help itself is quick. */
export interface CommandSpec {
  /** One word, or that of a group and one within it: `cred top`. */
  readonly name: string;
  /** As commander writes them: `<files...>`, `[file]`. They come to the command among its options, by these names. */
  readonly args?: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly options?: readonly (readonly [flags: string, description: string])[];
  /** Long names of options that must be given. */
  readonly needed?: readonly string[];
  /** Options with which a command calls itself. */
  readonly hidden?: readonly string[];
  /** Command lines that work in a folder with prorata.yaml, events.jsonl and a store in which periods are settled. */
  readonly examples: readonly string[];
  /** The examples need a program that scores so: default stake-time. */
  readonly model?: 'crown' | 'cred';
  // oxlint-disable-next-line typescript/no-explicit-any -- each command says what its own options are
  readonly load: () => Promise<(options: any, io: Io) => Promise<number>>;
}

/** Commands that stand under one word, which by itself says what they are. */
export const groups: Readonly<Record<string, { readonly summary: string; readonly description: string }>> = {
  cred: {
    summary: 'contributions: who has cred, of what, and why',
    description:
      'Of a program that scores contributions: who has how much cred, what gave it, where it went, and what would be otherwise. Cred is computed of the log by the code that pays it.',
  },
  people: {
    summary: 'who is who, who was paid, who can spend what',
    description:
      'Of a program that scores contributions: its people and their token ledger. People are named by id or by name, with or without @. Every change is an event in the log.',
  },
  token: {
    summary: 'who may ask the server, and for what',
    description:
      'API tokens of a store, which `prorata serve` asks for. Each has a role: reader (reads everything), ingester (appends facts, and nothing else) or operator (everything).',
  },
};

const credPeriod = [
  '--period <n>',
  'of this period, or running (default: the newest settled one, else the one that runs)',
] as const;

export const commands: readonly CommandSpec[] = [
  {
    name: 'init',
    args: ['[path]'],
    summary: 'write a program file to begin with',
    description:
      'Writes prorata.yaml (or PATH, a folder or a .yaml file) from a template, and beside it prorata.schema.json, with which editors complete and check it.',
    options: [
      ['--template <name>', 'minimal (default); pse: six pools, 84 months; crown: a market; cred: a community'],
      ['--from <folder>', 'go on where this instance of SourceCred stopped, by its weights and policies'],
      ['--force', 'replace a file that is there'],
      dryRun,
    ],
    examples: ['prorata init other', 'prorata init other --template pse --program my-rewards'],
    load: async () => (await import('./init.ts')).init,
  },
  {
    name: 'check',
    summary: 'check the program file and show its plan',
    description:
      'Checks prorata.yaml and shows what it means: dates, what each pool holds and owes, and warnings. Opens no store.',
    examples: ['prorata check', 'prorata check --json'],
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'apply',
    summary: 'create the program, or change what may change of it',
    description:
      'Creates the program of prorata.yaml in the store. If it exists, shows the differences and appends events for what can change: recipients, sharing, scoring (of crown and cred), window, on_zero_total, schedule, and accounts to exclude. Refuses what cannot.',
    options: [['--prune', 'include accounts again that are excluded but not in the file'], at, allowFuture, dryRun],
    examples: ['prorata apply', 'prorata apply --dry-run'],
    load: async () => (await import('./apply.ts')).apply,
  },
  {
    name: 'ingest',
    args: ['<files...>'],
    summary: 'append events to the log',
    description:
      'Appends the events of FILES (- is standard input) to the log: all of a file or, when a line is refused, nothing of it. What is in the log already changes nothing. Creates the program of prorata.yaml when it is not there yet.',
    options: [
      [
        '--format <format>',
        'jsonl, csv, snapshot (a folder), module-state, crown-store, or of contributions: graph, sourcecred, github, git, documents (default: by name and content)',
      ],
      [
        '--partial',
        'take the good lines, write the refused ones to FILE.refused.jsonl (or .csv) and why to FILE.refused.txt',
      ],
      [
        '--at <instant>',
        'when a snapshot or module state was taken (default: what it says); of contributions: of what is logged about people and removals (default: now)',
      ],
      ['--held-since <instant>', 'since when all stake of a snapshot is stipulated to have been held'],
      [
        '--ongoing <instant,amount>',
        'of a module state: the distribution that was being worked off, which it does not say',
      ],
      ['--backing <name>', 'of a crown store, under best-rate-tie: whose rates and activity count'],
      ['--bookmark <name>', 'of a crown store or git: its name, where several are read (default: default)'],
      [
        '--compare',
        'of a crown store: look also for rows that came late, or say something else than when they were logged',
      ],
      ['--activate', 'of contributions: people whom nobody knew are active at once'],
      ['--no-people', 'of contributions: make no identities of people whom nobody knows'],
      [
        '--complete <prefix...>',
        'of contributions: what lies under these addresses and is not given any more is removed',
      ],
      ['--commits', 'of github: lead merged pull requests to commits, which a git source has logged before'],
      ['--revision <name...>', 'of git: branches or the like (default: HEAD)'],
      ['--path <pathspec...>', 'of git: only commits that touch these'],
      [
        '--path-weight <path=weight...>',
        'of git: a commit weighs as much as the heaviest path that it touches; `.` is all others',
      ],
      ['--name <name>', 'of git: its part of addresses (default: the beginning of its first commit)'],
      ['--keep-reverts', 'of git: a revert takes no weight from what it reverts'],
      ['--whole', 'of git: read all of it again, not only what is new'],
      ['--shallow', 'of git: take a clone without all of its history'],
      allowFuture,
      dryRun,
    ],
    examples: [
      'prorata ingest events.jsonl',
      'prorata ingest events.jsonl --dry-run',
      'prorata ingest - --format jsonl < events.jsonl',
    ],
    load: async () => (await import('./ingest.ts')).ingest,
  },
  {
    name: 'advance',
    summary: 'settle the periods that are due',
    description:
      'Opens the windows that are due and pays them, step by step; each step is one transaction. After a crash or Ctrl-C the next call goes on where it stopped.',
    options: [
      ['--to <instant>', 'up to when periods are due: an instant, or now (default: the newest event)'],
      ['--step [n]', 'make this many steps only (without a number: one)'],
      dryRun,
    ],
    examples: ['prorata advance', 'prorata advance --to 2025-12-31T00:00:00Z', 'prorata advance --step 3 --dry-run'],
    load: async () => (await import('./advance.ts')).advance,
  },
  {
    name: 'run',
    args: ['<events>'],
    summary: 'events in, every period settled, payouts.csv out',
    description:
      'Takes the events of a file and settles every period in the order of time: a period that is due is settled before later events are taken. Goes to the end of the schedule (of one without an end: to the newest event), writes the payouts and a summary. Repeated on the same store it changes nothing.',
    options: [
      ['--payouts <file>', 'where the payouts go (default: payouts.csv)'],
      ['--format <format>', 'jsonl or csv (default: by name and content)'],
      allowFuture,
      dryRun,
    ],
    examples: ['prorata run events.jsonl', 'prorata run events.jsonl --payouts out/payouts.csv --store year.db'],
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'status',
    summary: 'the program at a glance',
    description:
      'Where the program stands: its clock, the open window, what is due next, what its pools hold, and whether it is halted.',
    examples: ['prorata status', 'prorata status --json'],
    load: async () => (await import('./status.ts')).status,
  },
  {
    name: 'schedule',
    summary: 'periods: past, open and to come',
    description: 'All periods: those settled with what they paid, the open one, and those to come with what they owe.',
    examples: ['prorata schedule', 'prorata schedule --json'],
    load: async () => (await import('./schedule.ts')).schedule,
  },
  {
    name: 'scores',
    summary: 'scores of all accounts in the running period',
    description:
      'Accounts with their stake and their score (token-seconds) in the period that accrues, in the order of their names. With --json one line per account.',
    options: [
      ['--at <instant>', 'until when (default: the newest event)'],
      ['--period <n>', 'of crown programs: of this period (default: the one that runs)'],
      ['--from <instant>', 'of crown programs: a stretch of time of its own'],
      ['--to <instant>', 'of crown programs: where that stretch ends'],
      ['--after <name>', 'go on after this account'],
      ['--limit <n>', 'at most this many (default: 100; with --json all)'],
      ['--closing', 'of programs that score stakes: of the period that the open window settles'],
    ],
    examples: ['prorata scores', 'prorata scores --after alice --limit 10', 'prorata scores --json'],
    load: async () => (await import('./scores.ts')).scores,
  },
  {
    name: 'payouts',
    summary: 'what was paid to whom',
    description:
      'Payouts in the order in which they were made. With --json one line per payout; with --csv the file that run writes.',
    options: [
      ['--period <n>', 'of this period only'],
      ['--account <name>', 'to this account only'],
      ['--after <id>', 'go on after this payout'],
      ['--limit <n>', 'at most this many (default: 100; with --json and --csv all)'],
      ['--csv', 'as CSV, amounts in smallest units'],
    ],
    examples: ['prorata payouts --period 1', 'prorata payouts --account alice --json', 'prorata payouts --csv'],
    load: async () => (await import('./payouts.ts')).payouts,
  },
  {
    name: 'postings',
    summary: 'the ledger: every movement',
    description:
      'Postings of the double-entry ledger in the order in which they were made. With --json one line per posting.',
    options: [
      ['--period <n>', 'of this period only'],
      ['--account <name>', 'of this earner only'],
      ['--after <id>', 'go on after this posting'],
      ['--limit <n>', 'at most this many (default: 100; with --json all)'],
    ],
    examples: ['prorata postings --period 1', 'prorata postings --account alice --json'],
    load: async () => (await import('./postings.ts')).postings,
  },
  {
    name: 'balances',
    summary: 'what the pools and the residual hold',
    description:
      'Balances of the pools, of the residual, and of the outside, from which all funding comes and which therefore is negative.',
    examples: ['prorata balances', 'prorata balances --units'],
    load: async () => (await import('./balances.ts')).balances,
  },
  {
    name: 'account',
    args: ['<name>'],
    summary: 'one account: stakes, score, what it got',
    description: 'An account: its stakes, its score so far and what it was paid.',
    options: [['--at <instant>', 'until when the score counts (default: the newest event)']],
    examples: ['prorata account alice', 'prorata account alice --json'],
    load: async () => (await import('./account.ts')).account,
  },
  {
    name: 'explain',
    args: ['<account>'],
    summary: 'why this much, why zero',
    description:
      'Explains what an account gets for a period, from the log, by the code that paid it: the intervals and the value of each, the total, the division and its rounding, the split over validators, the postings; for a zero, why. Of a crown program: the stretches that it held and those it did not, with the first test that failed and who held instead.',
    options: [...roundOptions, ['--limit <n>', 'of crown programs: at most so many stretches a lane (default: 40)']],
    examples: ['prorata explain alice', 'prorata explain alice --period 2', 'prorata explain alice --period 1 --json'],
    load: async () => (await import('./explain.ts')).explain,
  },
  {
    name: 'crown',
    summary: 'who held the best rate when',
    description:
      'Of a crown program: who held when, with which share and at which rate, as a table; --grid draws it over time, --blocks says it block by block. Read by the walk that pays.',
    options: [
      ...roundOptions,
      ['--lane <name>', 'of this lane only'],
      ['--grid', 'draw a grid: a row a holder, a column a part of the time'],
      ['--width <n>', 'columns of the grid (default: what the terminal leaves, else 72)'],
      ['--rows <n>', 'holders of the grid (default: 20)'],
      ['--ascii', 'draw with . : + # instead of blocks'],
      ['--blocks', 'block by block (second by second without a block axis)'],
      ['--limit <n>', 'at most so many rows (default: 100; with --json all)'],
      ['--after <n>', 'go on after so many rows'],
    ],
    examples: ['prorata crown', 'prorata crown --grid --ascii', 'prorata crown --period 1 --json'],
    model: 'crown',
    load: async () => (await import('./crown.ts')).crown,
  },
  {
    name: 'weights',
    summary: 'a crown round as integer weights by uid',
    description:
      'Of a crown program: the weight of every uid for a round, whole numbers that add up to the total exactly (largest remainders first, then the smaller uid). What nobody earned goes to the uid given with --recycle.',
    options: [
      ...roundOptions,
      ['--uids <file>', 'lines "uid,account", or JSON [[uid, account], ...]; needed'],
      ['--total <n>', 'what all weights add up to (default: 65535)'],
      ['--recycle <uid>', 'who gets what nobody earned (default: 0)'],
      ['--missing <how>', 'an account that earned and has no uid: refuse (default), or recycle its part'],
      ['--format <format>', 'csv (default), or json as with --json'],
    ],
    needed: ['uids'],
    examples: ['prorata weights --period 1 --uids uids.csv', 'prorata weights --uids uids.csv --total 1000000 --json'],
    model: 'crown',
    load: async () => (await import('./weights.ts')).weights,
  },
  {
    name: 'cred top',
    summary: 'people, or contributions, with the most cred',
    description:
      'People with their cred of a period and of a lifetime, what they were paid before, and when they were last active; or the contributions that hold the most.',
    options: [
      credPeriod,
      ['--contributions', 'contributions instead of people, of all time until the end of the period'],
      ['--made', 'contributions that were made in the period'],
      ['--limit <n>', 'at most this many (default: 100; with --json all)'],
    ],
    examples: ['prorata cred top', 'prorata cred top --contributions --limit 5', 'prorata cred top --period 1 --json'],
    model: 'cred',
    load: async () => (await import('./cred/top.ts')).top,
  },
  {
    name: 'cred person',
    args: ['<name>'],
    summary: 'why somebody has its cred',
    description:
      'The cred of somebody (an id, or a name with or without @) in a period: by source, by interval, by contribution and by the edges that it came over, to the unit that rounding left.',
    options: [credPeriod, ['--limit <n>', 'at most so many rows of each table (default: 100; with --json all)']],
    examples: ['prorata cred person ada', 'prorata cred person @ada --period 1 --json'],
    model: 'cred',
    load: async () => (await import('./cred/person.ts')).person,
  },
  {
    name: 'cred contribution',
    args: ['<address>'],
    summary: 'what gave a contribution its cred, and where it went',
    description:
      'The cred that a contribution holds at the end of a period: what was minted for it and what came over edges, what went over edges and what went back to the mint.',
    options: [credPeriod, ['--limit <n>', 'at most so many rows of each table (default: 100; with --json all)']],
    examples: ['prorata cred contribution forum/post/1', 'prorata cred contribution forum/post/1 --json'],
    model: 'cred',
    load: async () => (await import('./cred/contribution.ts')).contribution,
  },
  {
    name: 'cred diff',
    summary: 'cred in two periods, or by other settings',
    description:
      'Cred of everybody in two periods; or in one period as it was scored and as it would be by the scoring of another program file (what if). Changes nothing.',
    options: [
      ['--from <n>', 'the period to compare with'],
      ['--to <n>', 'the other period'],
      ['--with <file>', 'a program file whose scoring is used instead'],
      credPeriod,
      ['--limit <n>', 'at most this many (default: 100; with --json all)'],
    ],
    examples: ['prorata cred diff --from 1 --to 2', 'prorata cred diff --with what-if.yaml --period 1'],
    model: 'cred',
    load: async () => (await import('./cred/diff.ts')).diff,
  },
  {
    name: 'cred epochs',
    summary: 'cred by interval of time',
    description: 'Cred of everybody, or of one, in every interval until the end of a period, as it is known then.',
    options: [
      credPeriod,
      ['--account <name>', 'of this person only'],
      ['--limit <n>', 'at most this many, the newest (default: 100; with --json all)'],
    ],
    examples: ['prorata cred epochs', 'prorata cred epochs --account ada --json'],
    model: 'cred',
    load: async () => (await import('./cred/epochs.ts')).epochs,
  },
  {
    name: 'cred recompute',
    summary: 'compute the scores of the period that runs, as a job',
    description:
      'Computes the scores of the period that runs and stores them for whoever looks. One at a time of a program, in all processes; begins where the last one ended; stopped by Ctrl-C it leaves what was there. Nothing that is paid depends on it.',
    options: [dryRun],
    examples: ['prorata cred recompute'],
    model: 'cred',
    load: async () => (await import('./cred/recompute.ts')).recompute,
  },
  {
    name: 'cred spaces',
    summary: 'the communities in the store',
    description:
      'Lists the spaces of a store: the programs that score contributions, their people and where they stand.',
    examples: ['prorata cred spaces', 'prorata cred spaces --json'],
    model: 'cred',
    load: async () => (await import('./cred/spaces.ts')).spaces,
  },
  ...peopleCommands,
  {
    name: 'publish',
    args: ['<dir>'],
    summary: 'show a program in a document, for whoever works offline',
    description:
      'Of a program that scores contributions: shows its graph, people, scores and payouts in a document of the folder DIR. The store decides, the document shows: what others changed in it is put right. Needs the package @automerge/automerge. What people write into documents comes in by ingest --format documents.',
    options: [['--name <file>', 'the document (default: space.automerge)']],
    examples: ['prorata publish documents'],
    model: 'cred',
    load: async () => (await import('./publish.ts')).publish,
  },
  {
    name: 'tail',
    summary: 'follow the log, payouts, scores or intervals from a cursor',
    description:
      'Rows after a cursor, in the order of their commits: nothing skipped, nothing twice, also across pruning, which a row says. With --follow it goes on as rows come, read-only beside whoever writes, until Ctrl-C. With --json one line a row, each with its cursor.',
    options: [
      ['--since <cursor>', 'rows after this one (default: from the beginning)'],
      ['--what <kind>', 'events (default), payouts, scores, or (crown) intervals'],
      ['--follow', 'wait for more'],
      ['--poll <ms>', 'how often to look with --follow (default: 500)'],
      ['--limit <n>', 'end after so many rows'],
    ],
    examples: ['prorata tail', 'prorata tail --since 3 --json', 'prorata tail --what payouts --limit 2'],
    load: async () => (await import('./tail.ts')).tail,
  },
  {
    name: 'prune',
    summary: "take old events out of a crown program's log",
    description:
      'Of a crown program: takes the events out of the log that a checkpoint holds, the newest one at or before the instant given. Every round from there on gives the same bytes as before; what lies before cannot be replayed any more. Payouts, postings and periods stay.',
    options: [['--before <instant>', 'keep everything from here on; needed'], dryRun],
    needed: ['before'],
    examples: ['prorata prune --before 2025-03-01T01:00:00Z --dry-run', 'prorata prune --before 2025-03-01T01:00:00Z'],
    model: 'crown',
    load: async () => (await import('./prune.ts')).prune,
  },
  {
    name: 'exclude',
    args: ['<accounts...>'],
    summary: 'take accounts out of the distribution',
    description:
      'Excludes accounts from now on: their score of the running period is forgotten, their stake stays. An event in the log.',
    options: [at, allowFuture, key, dryRun],
    examples: ['prorata exclude alice', 'prorata exclude alice bob --dry-run'],
    load: async () => (await import('./settings.ts')).exclude,
  },
  {
    name: 'include',
    args: ['<accounts...>'],
    summary: 'let excluded accounts in again',
    description: 'Ends an exclusion: the accounts score again from now on. An event in the log.',
    options: [at, allowFuture, key, dryRun],
    examples: ['prorata include alice'],
    load: async () => (await import('./settings.ts')).include,
  },
  {
    name: 'pause',
    summary: 'stop settling',
    description:
      'No window opens and no step is made until `resume`. Events are taken and scores accrue as before. An event in the log.',
    options: [['--reason <text>', 'why; stays in the log (required)'], at, allowFuture, key, dryRun],
    examples: ['prorata pause --reason "audit"'],
    load: async () => (await import('./settings.ts')).pause,
  },
  {
    name: 'resume',
    summary: 'end a pause or a halt',
    description: 'Ends a pause, or a halt once what caused it is mended. An event in the log.',
    options: [['--reason <text>', 'what was mended; stays in the log (required)'], at, allowFuture, key, dryRun],
    examples: ['prorata pause --reason "audit" && prorata resume --reason "audit done"'],
    load: async () => (await import('./settings.ts')).resume,
  },
  {
    name: 'fund',
    args: ['<pool>', '<amount>'],
    summary: 'put money into a pool',
    description:
      'Records money from outside into a pool. AMOUNT is a whole number of smallest units. An event in the log.',
    options: [at, allowFuture, key, dryRun],
    examples: ['prorata fund community 1000000000', 'prorata fund community 5000000 --key transfer-77'],
    load: async () => (await import('./settings.ts')).fund,
  },
  {
    name: 'events',
    summary: 'the event log',
    description:
      'Events of the log, oldest first. With --json one line per event, in the form that files have, with its place and hash.',
    options: [
      ['--since <seq>', 'those after this place in the log'],
      ['--account <name>', 'of this account only'],
      ['--limit <n>', 'at most this many (default: 100; with --json all)'],
    ],
    examples: ['prorata events', 'prorata events --since 3 --json', 'prorata events --account alice'],
    load: async () => (await import('./events.ts')).events,
  },
  {
    name: 'programs',
    summary: 'the programs in the store',
    description: 'Lists the programs in the store.',
    examples: ['prorata programs', 'prorata programs --json'],
    load: async () => (await import('./programs.ts')).programs,
  },
  {
    name: 'export',
    args: ['[file]'],
    summary: 'the whole store as text',
    description:
      'Writes the whole store as JSON Lines, an open window included, to FILE or standard output. import reads it; export again gives the same bytes.',
    options: [
      [
        '--format <format>',
        'jsonl (default: the whole store), or module-state: one program as the chain module has it',
      ],
      ['--force', 'replace a file that is there'],
    ],
    examples: ['prorata export backup.jsonl', 'prorata export > copy.jsonl'],
    load: async () => (await import('./export.ts')).exportAll,
  },
  {
    name: 'import',
    args: ['<file>'],
    summary: 'read an export into a store',
    description:
      'Reads an export (- is standard input) into a store that has none of its programs: all of it, or nothing.',
    options: [dryRun],
    examples: ['prorata export backup.jsonl && prorata import backup.jsonl --store copy.db'],
    load: async () => (await import('./import.ts')).importAll,
  },
  {
    name: 'copy',
    summary: 'one store into another',
    description:
      'Copies a whole store, an open window, estimates and API tokens included, into one that is empty or not there: a file, or a schema of PostgreSQL. Before it is kept, every hash of the log and the root of every settled period are computed anew of what arrived. All of it or nothing; the source is only read.',
    options: [
      ['--from <place>', 'the store to read: a file (also sqlite:FILE), or postgres://USER@HOST/DATABASE?schema=NAME'],
      ['--to <place>', 'the store to make'],
    ],
    needed: ['from', 'to'],
    examples: ['prorata copy --from prorata.db --to copy.db', 'prorata copy --from sqlite:prorata.db --to other.db'],
    load: async () => (await import('./copy.ts')).copy,
  },
  {
    name: 'verify',
    summary: 'prove that the books add up',
    description: 'Runs every named invariant over the whole store and says which holds. Exit code 8 when one does not.',
    examples: ['prorata verify', 'prorata verify --json'],
    load: async () => (await import('./verify.ts')).verify,
  },
  {
    name: 'worker',
    summary: 'settle what is due, beside other workers',
    description:
      'Steps every program of a store on PostgreSQL that is due, until Ctrl-C or SIGTERM; any number of workers share the programs and the ranges of accounts of an open window, each under a lease. One that dies or hangs is replaced when its lease runs out; one that comes back is refused. What it does is told as JSON Lines on standard error (--quiet: not).',
    options: [
      [
        '--lease <seconds>',
        'how long a worker that says nothing keeps others from its program, or range (default: 30)',
      ],
      ['--poll <ms>', 'how often to look when nothing is due (default: 1000)'],
      ['--to <instant>', 'periods that end by then are due (default: now, as it passes)'],
      ['--once', 'end when nothing is due, and nobody works on what was'],
    ],
    examples: ['prorata worker --help'],
    load: async () => (await import('./worker.ts')).worker,
  },
  {
    name: 'serve',
    summary: 'the HTTP API over a store',
    description:
      'Serves the programs of the store over HTTP, as /reference says, until Ctrl-C or SIGTERM; running requests end first. Listens on this machine only, unless the store has API tokens (prorata token): then each request needs one. Structured lines about requests go to standard error (--quiet: none).',
    options: [
      ['--host <address>', 'default: 127.0.0.1; without API tokens an address of loopback'],
      ['--port <n>', 'default: 8080; 0: any that is free'],
      [
        '--rate-limit <n>',
        'requests a minute of one token, or of one address; 0: any number (default: 1200, without API tokens any number)',
      ],
      ['--advance', 'step every program whose window is due or open, unless another process does'],
      [
        '--due <by>',
        'log: a boundary is due by the newest event; now: by the clock of this machine; auto (default): log, for contributions now',
      ],
      ['--tick <seconds>', 'how often to look for what is due (default: 1)'],
      ['--pause <ms>', 'between two steps of a program (default: 0)'],
      ['--compare <file>', 'what `prorata compare --json` printed, for the dashboard to show'],
      [
        '--read-url <url>',
        'of a store on PostgreSQL: the server that answers what reads, one that follows the other (default: the store itself)',
      ],
    ],
    examples: ['prorata serve --port 0', 'prorata serve --port 0 --json --quiet', 'prorata serve --port 0 --advance'],
    load: async () => (await import('./serve.ts')).serve,
  },
  {
    name: 'token create',
    args: ['<name>'],
    summary: 'make a token, and show it once',
    description:
      'Makes an API token and writes it to standard output; the store keeps only its hash, so that nobody can be shown it again. From the first one on, `prorata serve` lets nobody in without.',
    options: [
      ['--role <role>', 'reader, ingester or operator (required)'],
      ['--expires <when>', 'until when it is good: an instant, or days from now such as 90d (default: for ever)'],
      dryRun,
    ],
    needed: ['role'],
    examples: [
      'prorata token create dashboard --role reader',
      'prorata token create follower --role ingester --expires 90d',
    ],
    load: async () => (await import('./token.ts')).createToken,
  },
  {
    name: 'token list',
    summary: 'the tokens there are',
    description:
      'Lists all tokens that were made, also those that expired or were revoked, without what makes them one.',
    examples: ['prorata token list', 'prorata token list --json'],
    load: async () => (await import('./token.ts')).listTokens,
  },
  {
    name: 'token revoke',
    args: ['<token>'],
    summary: 'end a token',
    description:
      'Ends a token, named by its id or its name. A server that runs refuses it from the next request on. A store all of whose tokens are revoked lets nobody in.',
    options: [dryRun],
    examples: ['prorata token create ci --role reader && prorata token revoke ci'],
    load: async () => (await import('./token.ts')).revokeToken,
  },
  {
    name: 'compare',
    summary: 'the four freeze strategies, measured',
    description:
      'Settles the same made-up population under each freeze strategy, in a process of its own, and measures: rows, steps, time, query latency, memory. Ends with a table, histograms and a recommendation from the figures and the limits given.',
    options: [
      ['--accounts <n,n>', 'numbers of stakers (default: 30000,100000)'],
      ['--full', '30000, 100000, 500000 and 1000000 stakers'],
      ['--strategies <names>', 'cut, copy, double-buffer, generations (default: all)'],
      ['--batch <n>', 'entries or accounts per step (default: 1000)'],
      ['--seed <n>', 'another seed, other people and events (default: 1)'],
      ['--max-step-ms <n>', 'the longest step that is acceptable (default: 25)'],
      ['--max-memory-mb <n>', 'the most memory that is acceptable (default: 400)'],
      ['--minutes <n>', 'begin no measurement after so many (default: 20)'],
      ['--dir <dir>', 'where the stores are made, and removed again (default: the folder for temporary files)'],
      ['--in-process', 'measure in this process, which then cannot tell whose memory it is'],
    ],
    hidden: ['--loaded <store>'],
    examples: [
      'prorata compare --accounts 300 --batch 50',
      'prorata compare --accounts 200,400 --strategies cut,copy --json',
    ],
    load: async () => (await import('./compare.ts')).compare,
  },
  {
    name: 'demo',
    summary: 'a program of each scoring model, made up and proven',
    description:
      'Three made-up programs in one store: a year of twelve distributions to stakers, with changes inside windows, a slash, an exclusion, a halt and its repair; a day of a swap market; and two months of a community. Each ends with a table, somebody explained, and verify.',
    options: [
      ['--accounts <n>', 'stakers (default: 20000)'],
      ['--seed <n>', 'another seed, other people and events (default: 1)'],
      ['--only <model>', 'one program alone: stake, crown or cred'],
      ['--keep <dir>', 'keep the store in this folder, as demo.db'],
    ],
    examples: [
      'prorata demo --accounts 100',
      'prorata demo --only cred',
      'prorata demo --accounts 60 --seed 7 --keep kept',
    ],
    load: async () => (await import('./demo.ts')).demo,
  },
];
