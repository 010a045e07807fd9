import type { CommandSpec } from '../commands.ts';
import { allowFuture, at, dryRun, key } from '../common-flags.ts';

const rows = ['--limit <n>', 'at most this many (default: 100; with --json all)'] as const;
const change = [at, allowFuture, dryRun] as const;

/** The commands of the group `people`: people, and what they were paid. */
export const peopleCommands: readonly CommandSpec[] = (
  [
    {
      name: 'people show',
      args: ['[name]'],
      summary: 'who there is, or all about one',
      description:
        'People in the order of their names: id, type, whether they are active, what they were paid and can spend. With NAME all about one: ids that are this person, aliases, payout addresses, receipts, and the cred that is left to others or got from them.',
      options: [['--after <name>', 'go on after this name'], rows],
      examples: ['prorata people show', 'prorata people show ada', 'prorata people show --json'],
      load: async () => (await import('./list.ts')).people,
    },
    {
      name: 'people create',
      args: ['<name>'],
      summary: 'somebody new',
      description:
        'Makes an identity: a name of letters, digits and dashes, and addresses of the graph that are this person. It is paid once it is active (people activate).',
      options: [
        ['--type <type>', 'USER (default), PROJECT, ORGANIZATION or BOT'],
        ['--id <id>', 'its id of 22 characters (default: made of the head of the log and the name)'],
        ['--alias <addresses...>', 'nodes that are this person, such as git/author/ada@example.org'],
        ...change,
      ],
      examples: ['prorata people create cy --alias forum/user/cy', 'prorata people create robot --type BOT --dry-run'],
      load: async () => (await import('./identities.ts')).create,
    },
    {
      name: 'people rename',
      args: ['<name>', '<new>'],
      summary: 'another name for somebody',
      description: 'Gives somebody another name; the old one is free.',
      options: change,
      examples: ['prorata people rename ada adela'],
      load: async () => (await import('./identities.ts')).rename,
    },
    {
      name: 'people type',
      args: ['<name>', '<type>'],
      summary: 'another type of identity',
      description: 'Says what somebody is: USER, PROJECT, ORGANIZATION or BOT.',
      options: change,
      examples: ['prorata people type ada bot'],
      load: async () => (await import('./identities.ts')).type,
    },
    {
      name: 'people alias',
      args: ['<name>', '<address>'],
      summary: 'a node of the graph is somebody',
      description: "From now on cred that reaches the node is this person's.",
      options: [['--description <text>', 'what people read (default: the address)'], ...change],
      examples: ['prorata people alias ada git/author/ada@example.org --description "commits of ada"'],
      load: async () => (await import('./identities.ts')).alias,
    },
    {
      name: 'people merge',
      args: ['<base>', '<target>'],
      summary: 'two are one person',
      description: 'The ids, aliases, payments and balance of TARGET are those of BASE from now on; its name is free.',
      options: change,
      examples: ['prorata people merge ada bo'],
      load: async () => (await import('./identities.ts')).merge,
    },
    {
      name: 'people unmerge',
      args: ['<base>', '<target>'],
      summary: 'undo a merge',
      description:
        'TARGET (its id, or the name that it had) is somebody of its own again, with all that was booked to it.',
      options: change,
      examples: ['prorata people merge ada bo && prorata people unmerge ada bo'],
      load: async () => (await import('./identities.ts')).unmerge,
    },
    {
      name: 'people activate',
      args: ['<names...>'],
      summary: 'who is active is paid',
      description: 'The active are paid, and can send and receive. All of them, or nobody.',
      options: change,
      examples: ['prorata people create cy && prorata people activate cy'],
      load: async () => (await import('./identities.ts')).activate,
    },
    {
      name: 'people deactivate',
      args: ['<names...>'],
      summary: 'who is not active is not paid',
      description: 'Ends being active. What was paid stays paid, and the balance stays where it is.',
      options: change,
      examples: ['prorata people deactivate ada bo'],
      load: async () => (await import('./identities.ts')).deactivate,
    },
    {
      name: 'people payout-address',
      args: ['<name>', '[address]'],
      summary: 'where somebody is paid outside',
      description: 'Sets the address for a currency, or takes it away.',
      options: [
        ['--currency <currency>', 'BTC, FIL, evm:CHAIN or evm:CHAIN:ADDRESS (default: the one that is set)'],
        ['--none', 'no address any more'],
        ...change,
      ],
      examples: [
        'prorata people payout-address ada 0x52908400098527886e0f7030069857d2e4169ee7 --currency evm:1',
        'prorata people payout-address ada --none --currency evm:1',
      ],
      load: async () => (await import('./identities.ts')).payoutAddress,
    },
    {
      name: 'people currency',
      args: ['<action>', '[currency]'],
      summary: 'in what people are paid outside',
      description:
        'set CURRENCY, or remove. BTC, FIL, evm:CHAIN for the coin of a chain (its number), or evm:CHAIN:ADDRESS for a token of it. While accounting is off, whoever has no address for a new currency is deactivated with it.',
      options: change,
      examples: ['prorata people currency set evm:10', 'prorata people currency remove --dry-run --json'],
      load: async () => (await import('./money.ts')).currency,
    },
    {
      name: 'people accounting',
      args: ['<state>'],
      summary: 'balances here: on or off',
      description:
        'on or off. Off: people are paid outside, there are no balances here, and whoever has no address for the currency is deactivated with it, in one transaction.',
      options: change,
      examples: ['prorata people currency set BTC && prorata people accounting off', 'prorata people accounting on'],
      load: async () => (await import('./money.ts')).accounting,
    },
    {
      name: 'people tracking',
      args: ['<state>'],
      summary: 'track what was executed outside: on or off',
      description: 'on or off. On: of every distribution that follows it is kept whether it was executed outside.',
      options: change,
      examples: ['prorata people tracking on'],
      load: async () => (await import('./money.ts')).tracking,
    },
    {
      name: 'people executed',
      args: ['<distribution>'],
      summary: 'a distribution was paid outside',
      description:
        'Marks a distribution (period-N, or an id) as executed outside. What was executed cannot be reversed here.',
      options: change,
      examples: [
        'prorata people tracking on && prorata advance --to 2025-01-26T00:00:00Z && prorata people executed period-3',
      ],
      load: async () => (await import('./money.ts')).executed,
    },
    {
      name: 'people transfer',
      args: ['<from>', '<to>', '<amount>'],
      summary: 'from one balance to another',
      description: 'Moves AMOUNT, a whole number of smallest units, between the balances of two who are active.',
      options: [
        ['--memo <text>', 'what for'],
        ['--key <key>', 'names this one transfer: said again with the same key, nothing changes'],
        ...change,
      ],
      examples: ['prorata people transfer ada bo 10 --memo lunch --key lunch-1'],
      load: async () => (await import('./money.ts')).transfer,
    },
    {
      name: 'people reverse',
      args: ['<distribution>'],
      summary: 'take back what was paid',
      description:
        'Takes back what a distribution (period-N for what the window of a period paid, or an id) paid to all, or to one. Of a window the money goes back to the pool, which can pay it again.',
      options: [
        ['--account <name>', 'only what this person got'],
        ['--reason <text>', 'why; stays in the log; needed'],
        ...change,
      ],
      needed: ['reason'],
      examples: [
        'prorata people reverse period-2 --reason "posts were spam"',
        'prorata people reverse period-1 --account bo --reason "two accounts"',
      ],
      load: async () => (await import('./money.ts')).reverse,
    },
    {
      name: 'people attribute',
      args: ['<from>', '<to>', '<part>'],
      summary: "leave a part of one's cred to another",
      description:
        'From now on FROM leaves PART (a decimal from 0 to 1) of its cred to TO; 0 ends it. Parts left to several add up to at most 1, and nobody leaves cred in a circle.',
      options: [at, allowFuture, key, dryRun],
      examples: ['prorata people attribute ada bo 0.25', 'prorata people attribute @ada @bo 0'],
      load: async () => (await import('./money.ts')).attribute,
    },
    {
      name: 'people balances',
      summary: 'who was paid, and who can spend, how much',
      description: 'What everybody was paid, and can spend here, and how the ledger is set.',
      examples: ['prorata people balances', 'prorata people balances --json'],
      load: async () => (await import('./show.ts')).balances,
    },
    {
      name: 'people postings',
      summary: 'the token ledger: every movement',
      description:
        'Movements of both books, paid and balance, in the order in which they were booked. With --json one line per movement.',
      options: [['--account <name>', 'of this person only'], ['--after <id>', 'go on after this movement'], rows],
      examples: ['prorata people postings', 'prorata people postings --account bo --json'],
      load: async () => (await import('./show.ts')).postings,
    },
    {
      name: 'people log',
      summary: 'events of the token ledger, as its own logs have them',
      description:
        'The events that came as events, one JSON object a line with sorted keys, as other ledgers of this kind have them. What windows paid is not among them.',
      options: [
        ['--out <file>', 'into this file, not to standard output'],
        ['--force', 'replace a file that is there'],
      ],
      examples: ['prorata people log', 'prorata people log --out ledger.jsonl'],
      load: async () => (await import('./show.ts')).log,
    },
    {
      name: 'people import',
      args: ['<file>'],
      summary: 'read a log of the token ledger',
      description:
        'Reads a log as `people log` writes it (- is standard input): each line becomes an event whose key is its uuid. All of it, or nothing; what is in the log already changes nothing.',
      options: [allowFuture, dryRun],
      examples: ['prorata people log --out ledger.jsonl && prorata people import ledger.jsonl'],
      load: async () => (await import('./import.ts')).importLog,
    },
  ] satisfies readonly CommandSpec[]
).map((spec): CommandSpec => ({ ...spec, model: 'cred' }));
