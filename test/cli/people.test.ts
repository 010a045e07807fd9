import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Engine } from '../../src/app/engine.ts';
import { isTokenId } from '../../src/core/token/names.ts';
import { type Cli, communityCli, communityConfig, newCli, type Ran } from './harness.ts';

/** What a command recorded: kinds of actions, in order. */
const typesOf = ({ events }: { events: { action: { type: string } }[] }): string[] =>
  events.map(({ action }) => action.type);

async function refused(cli: Cli, line: string, code: string, exit: number): Promise<Ran> {
  const ran = await cli.run(line);
  assert.deepEqual([ran.code, /\[([a-z-]+)\]/.exec(ran.err)?.[1]], [exit, code], `${line}: ${ran.err}`);
  return ran;
}

const lines = (text: string): any[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const who = fc.constantFrom('ada', '@bo', 'cy', 'DEE', 'eve');
const two = fc.tuple(who, who).map((names) => names.join(' '));
const amount = fc.integer({ min: 0, max: 900 });
const currencies = fc.constantFrom('BTC', 'evm:10', 'evm:1');
/** Commands of which many are refused, as they come. */
const anyLine = fc.oneof(
  fc.tuple(fc.constantFrom('create', 'activate', 'deactivate'), who).map(([what, name]) => `${what} ${name}`),
  fc.tuple(fc.constantFrom('rename', 'merge', 'unmerge'), two).map(([what, names]) => `${what} ${names}`),
  fc.tuple(who, fc.constantFrom('1', '2', 'x%')).map(([name, post]) => `alias ${name} forum/post/${post}`),
  fc.tuple(two, amount).map(([names, units]) => `transfer ${names} ${units}`),
  fc.tuple(two, fc.constantFrom('0', '0.4', '0.7')).map(([names, part]) => `attribute ${names} ${part}`),
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), who)
    .map(([n, name]) => `reverse period-${n} --account ${name} --reason spam`),
  fc.integer({ min: 1, max: 3 }).map((n) => `reverse period-${n} --reason spam`),
  fc.tuple(who, currencies).map(([name, kind]) => `payout-address ${name} ${address} --currency ${kind}`),
  currencies.map((kind) => `currency set ${kind}`),
  fc.constantFrom('currency remove', 'accounting on', 'accounting off', 'tracking on', 'executed period-2'),
);

const address = '0x52908400098527886E0F7030069857D2E4169EE7';

describe('test/cli/people', () => {
  it('says who there is, by name and page by page, and all about one', async () => {
    using cli = await communityCli();
    await cli.ok('people create Zoe --alias forum/user/zoe');
    const everybody = await cli.ok('people show');
    assert.match(
      everybody,
      /^name .*\n@ada .* active +7\.81 +7\.81 +1 +1\n@bo .* 12\.19 .*\n@Zoe .* not active +0\.00/,
    );
    assert.match(await cli.ok('people show --limit 1'), /@ada .*\n\.\.\. more: --after ada, or --limit N\n$/);
    assert.match(await cli.ok('people show --after @BO'), /^name .*\n@Zoe [^\n]*\n$/);
    const listed = lines(await cli.ok('people show --json'));
    assert.deepEqual(
      listed.map(({ name, paid, active, aliases }) => [name, paid, active, aliases]),
      [
        ['ada', '781', true, 1],
        ['bo', '1219', true, 1],
        ['Zoe', '0', false, 1],
      ],
    );
    // By name in whatever capitals, with @, and by id.
    const [bo] = [listed[1]];
    for (const name of ['bo', '@BO', bo.id])
      assert.deepEqual(
        (await cli.json(`people show ${name}`)).receipts.map(({ period, amount }: any) => [period, amount]),
        [
          [1, '386'],
          [2, '833'],
        ],
      );
    await refused(cli, 'people show adda', 'account-unknown', 4).then(({ err }) =>
      assert.match(err, /Did you mean ada\?/),
    );
  });

  it('makes somebody with aliases in one go, or not at all, and warns of nodes that are not there', async () => {
    using cli = await communityCli();
    const before = await cli.state();
    await refused(cli, 'people create cy --alias forum/user/cy forum/user/ada', 'alias-bound', 5);
    await refused(cli, 'people create cy --alias forum/user/%', 'cred-address-malformed', 3);
    await refused(cli, 'people create cy --type robot', 'option-invalid', 3);
    await refused(cli, 'people create cy --id short', 'option-invalid', 3);
    await refused(cli, 'people create ADA', 'name-case-conflict', 5);
    await refused(cli, 'people create a_b', 'invalid-name', 5);
    assert.equal(await cli.state(), before);

    const { out, err } = await cli.run('people create @cy --type bot --alias forum/user/cy forum/post/3');
    assert.match(
      out,
      /^recorded new BOT @cy with id \S{22} \(event \S{22}\)\nrecorded forum\/user\/cy is @cy .*\nrecorded forum\/post\/3 is @cy/,
    );
    assert.equal(err, 'note: there is no node forum/user/cy in the graph yet\n');
    const view = await cli.json('people show cy');
    assert.deepEqual(
      [view.type, view.active, view.aliases.map((alias: any) => alias.address)],
      ['BOT', false, ['forum/user/cy', 'forum/post/3']],
    );
    await cli.ok(`people create dee --id ${'x'.repeat(21)}A`);
    assert.equal((await cli.json(`people show ${'x'.repeat(21)}A`)).name, 'dee');
    await refused(cli, `people create eve --id ${'x'.repeat(21)}A`, 'identity-id-exists', 5);
  });

  it('makes ids of events from the log and what is asked for: the same again, another once something was logged', async () => {
    using cli = await communityCli();
    using other = await communityCli();
    const [tried, again] = [
      await cli.json('people create cy --alias forum/user/cy --dry-run'),
      await cli.json('people create cy --alias forum/user/cy --dry-run'),
    ];
    assert.deepEqual(again, tried);
    const made = await cli.json('people create cy --alias forum/user/cy');
    assert.deepEqual([made.events, made.dry_run, made.seq], [tried.events, false, tried.seq]);
    for (const { key } of made.events) assert.ok(isTokenId(key), key);
    assert.equal(new Set(made.events.map(({ key }: any) => key)).size, 2);
    await other.ok('people rename bo bob');
    const later = await other.json('people create cy --alias forum/user/cy');
    assert.notDeepEqual(later.events, made.events);
    // One command, twice the same action: two events.
    assert.deepEqual(typesOf(await cli.json('people deactivate ada bo')), ['TOGGLE_ACTIVATION', 'TOGGLE_ACTIVATION']);
  });

  it('logs nothing when somebody else logged meanwhile: what it saw is not so any more', async () => {
    using cli = await communityCli();
    let key = 0;
    const meanwhile = (engine: Engine): void => {
      const people = engine.people.bind(engine);
      engine.people = async (program) => {
        const found = await people(program);
        key += 1;
        await engine.ingest(program, [{ kind: 'pause', key: `p${key}`, time: Date.UTC(2025, 0, 19), reason: 'audit' }]);
        return found;
      };
    };
    const { code, err } = await cli.run('people deactivate ada', { onEngine: meanwhile });
    assert.deepEqual([code, /\[log-moved\]/.test(err)], [5, true], err);
    assert.equal(lines(await cli.ok('events --json')).at(-1).kind, 'pause');
    assert.equal((await cli.json('people show ada')).active, true);
    await cli.ok('people deactivate ada');
  });

  it('changes nothing in a dry run, and says what would happen', async () => {
    using cli = await communityCli();
    await cli.ok('people currency set BTC');
    await cli.ok('people tracking on');
    const before = await cli.state();
    for (const line of [
      'people create cy',
      'people rename ada adela',
      'people type ada PROJECT',
      'people alias ada forum/post/1',
      'people merge ada bo',
      'people deactivate ada',
      'people payout-address ada bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq',
      'people currency remove',
      'people accounting off',
      'people tracking off',
      'people transfer ada bo 10',
      'people reverse period-2 --reason "posts were spam"',
      'people attribute ada bo 0.5',
    ]) {
      assert.match(await cli.ok(`${line} --dry-run`), /^would record /, line);
      assert.equal(await cli.state(), before, line);
    }
  });

  it('renames, gives a type and aliases, merges, and undoes a merge by the name that was', async () => {
    using cli = await communityCli();
    const [ada, bo] = lines(await cli.ok('people show --json')).map(({ id }) => id);
    assert.match(await cli.ok('people rename @ada adela --by cy'), /^recorded @ada is @adela from now on /);
    assert.equal(lines(await cli.ok('events --json')).at(-1).by, 'cy');
    await refused(cli, 'people rename adela adela', 'rename-same-name', 5);
    await cli.ok('people type adela organization');
    await refused(cli, 'people type adela ORGANIZATION', 'same-identity-type', 5);
    await cli.ok('people alias adela git/author/ada@example.org --description "commits"');
    await refused(cli, 'people alias bo git/author/ada@example.org', 'alias-bound', 5);
    await refused(cli, 'people merge adela adela', 'merge-self', 5);

    assert.match(await cli.ok('people merge adela bo'), /^recorded @bo is @adela /);
    const merged = await cli.json(`people show ${bo}`);
    assert.deepEqual([merged.id, merged.ids, merged.paid], [ada, [ada, bo], '2000']);
    await refused(cli, `people rename ${bo} bob`, 'identity-merged-away', 5);
    await refused(cli, 'people show bo', 'account-unknown', 4);
    await refused(cli, 'people unmerge adela cy', 'account-unknown', 4);
    assert.match(await cli.ok('people unmerge adela Bo'), /^recorded @bo is not @adela any more /);
    const [again, other] = [await cli.json('people show adela'), await cli.json('people show bo')];
    assert.deepEqual(
      [again.paid, other.paid, again.aliases.map((alias: any) => alias.description)],
      ['781', '1219', ['ada', 'commits']],
    );
    await refused(cli, `people unmerge adela ${bo}`, 'merge-unknown', 5);
  });

  it('does nothing where it is so already, and says it', async () => {
    using cli = await communityCli();
    await cli.ok('people currency set evm:10');
    await cli.ok(`people payout-address ada ${address}`);
    await cli.ok('people tracking on');
    const before = await cli.state();
    for (const line of [
      'people activate ada bo',
      'people currency set EVM:10',
      'people accounting on',
      'people tracking on',
      `people payout-address ada ${address.toLowerCase()}`,
      'people payout-address bo --none',
    ]) {
      assert.equal(await cli.ok(line), 'it is so already: nothing changed\n', line);
      const { events, recorded, seq } = await cli.json(line);
      assert.deepEqual([events, recorded, seq], [[], false, null], line);
    }
    assert.equal(await cli.state(), before);
    assert.deepEqual(typesOf(await cli.json('people deactivate ada')), ['TOGGLE_ACTIVATION']);
    assert.equal((await cli.json('people show ada')).active, false);
  });

  it('turns accounting off together with whoever cannot be paid outside, or not at all', async () => {
    using cli = await communityCli();
    await refused(cli, 'people accounting off', 'no-currency', 5);
    await cli.ok('people currency set evm:10:0x52908400098527886e0f7030069857d2e4169ee7');
    await cli.ok(`people payout-address ada ${address}`);
    const off = await cli.json('people accounting off');
    assert.deepEqual(typesOf(off), ['DISABLE_ACCOUNTING', 'TOGGLE_ACTIVATION']);
    const balances = await cli.json('people balances');
    assert.deepEqual(
      balances.people.map(({ name, active, balance }: any) => [name, active, balance]),
      [
        ['ada', true, '0'],
        ['bo', false, '0'],
      ],
    );
    assert.deepEqual([balances.accounting, balances.paid, balances.balance], [false, '2000', '0']);
    await refused(cli, 'people activate bo', 'no-payout-address', 5);
    await refused(cli, 'people transfer ada ada 1', 'accounting-disabled', 5);
    await refused(cli, 'people currency remove', 'accounting-disabled', 5);
    // Somebody who can be activated, and somebody who cannot: neither is.
    await cli.ok('people deactivate ada');
    const before = await cli.state();
    await refused(cli, 'people activate ada bo', 'no-payout-address', 5);
    assert.equal(await cli.state(), before);
  });

  it('refuses currencies and addresses that are none', async () => {
    using cli = await communityCli();
    for (const line of [
      'people currency set',
      'people currency remove BTC',
      'people currency get',
      'people currency set ETH',
      'people currency set evm:0',
      'people currency set BTC:1',
      'people currency set evm:1:0x12',
      `people currency set evm:1:${address}:2`,
      `people payout-address ada ${address}`,
      'people payout-address ada --currency BTC',
      `people payout-address ada ${address} --none --currency evm:1`,
      'people accounting maybe',
      'people executed period-',
    ])
      await refused(cli, line, 'option-invalid', 3);
    await refused(
      cli,
      `people payout-address ada ${address.replace('E7', 'e7')} --currency evm:1`,
      'invalid-payout-address',
      5,
    );
    await refused(cli, 'people payout-address ada 0x12 --currency fil', 'invalid-payout-address', 5);
  });

  it('moves balances in smallest units, and once under a key', async () => {
    using cli = await communityCli();
    assert.match(
      await cli.ok('people transfer ada @bo 10 --memo lunch'),
      /^recorded 0\.10 GRAIN from @ada to @bo: lunch /,
    );
    assert.equal((await cli.json('people transfer ada bo 10 --memo lunch')).recorded, true);
    await cli.ok('people transfer ada bo 100 --key rent-1');
    const before = await cli.state();
    assert.equal(await cli.ok('people transfer ada bo 100 --key rent-1'), 'it is so already: nothing changed\n');
    await refused(cli, 'people transfer ada bo 101 --key rent-1', 'event-key-conflict', 5);
    await refused(cli, 'people transfer ada bo 0.5', 'amount-fractional', 3);
    await refused(cli, 'people transfer ada bo 100000', 'insufficient-balance', 5);
    assert.equal(await cli.state(), before);
    const { people } = await cli.json('people balances');
    assert.deepEqual(
      people.map(({ paid, balance }: any) => [paid, balance]),
      [
        ['781', '661'],
        ['1219', '1339'],
      ],
    );
    const rows = lines(await cli.ok('people postings --account ada --json')).filter(({ note }) => note === 'lunch');
    assert.deepEqual(
      rows.map(({ book, from_name, to_name, amount }) => [book, from_name, to_name, amount]),
      [
        ['balance', 'ada', 'bo', '10'],
        ['balance', 'ada', 'bo', '10'],
      ],
    );
    assert.match(
      await cli.ok('people postings --limit 1'),
      /1 +period-1 +paid +issuance +@ada +6\.14\n\.\.\. more: --after 1/,
    );
  });

  it('takes back what a window paid, from one or from all, and the pool can pay it again', async () => {
    using cli = await communityCli();
    const held = async (): Promise<string> =>
      (await cli.json('balances')).balances.find(({ account }: any) => account === 'pool:community').balance;
    assert.equal(await held(), '8000');
    await refused(cli, 'people reverse period-1', 'usage', 2);
    await refused(cli, 'people reverse period-1 --reason " "', 'reason-missing', 5);
    await refused(cli, 'people reverse week-1 --reason spam', 'option-invalid', 3);
    await refused(cli, 'people reverse period-9 --reason spam', 'distribution-unknown', 5);
    await cli.ok('people create cy');
    await refused(cli, 'people reverse period-1 --account cy --reason spam', 'receipt-unknown', 5);

    await cli.ok('people reverse period-1 --account bo --reason "two accounts"');
    assert.equal(await held(), '8386');
    await refused(cli, 'people reverse period-1 --account bo --reason again', 'already-reversed', 5);
    await cli.ok('people reverse period-1 --reason spam');
    assert.equal(await held(), '9000');
    assert.match(
      await cli.ok('postings'),
      /liquid:@bo +pool:community +3\.86 +reversal\n.*liquid:@ada +pool:community +6\.14 +reversal/,
    );
    const { receipts, paid } = await cli.json('people show bo');
    assert.deepEqual([receipts.map(({ reversed }: any) => reversed), paid], [['two accounts', null], '833']);
    await cli.ok('verify');
  });

  it('takes back under all ids of somebody', async () => {
    using cli = await communityCli();
    await cli.ok('people merge ada bo');
    const made = await cli.json('people reverse period-2 --account ada --reason spam');
    assert.deepEqual(typesOf(made), ['REVERSE_RECEIPT', 'REVERSE_RECEIPT']);
    assert.equal((await cli.json('people show ada')).paid, '1000');
  });

  it('takes neither back nor as executed what a window still pays', async () => {
    using cli = await communityCli();
    cli.write('prorata.yaml', `${cli.read('prorata.yaml')}window: {batch_size: 1}\n`);
    await cli.ok('apply');
    await cli.ok('people tracking on');
    while ((await cli.json('advance --to 2025-01-26T00:00:00Z --step')).payouts === 0);
    await refused(cli, 'people executed period-3', 'period-not-settled', 5);
    await refused(cli, 'people reverse period-3 --reason spam', 'period-not-settled', 5);
    await cli.ok('advance --to 2025-01-26T00:00:00Z');
    await refused(cli, 'people executed period-2', 'not-tracked', 5);
    await cli.ok('people executed period-3');
    await refused(cli, 'people executed period-3', 'already-executed', 5);
    await refused(cli, 'people reverse period-3 --reason spam', 'distribution-executed', 5);
  });

  it('leaves a part of cred to another, between persons', async () => {
    using cli = await communityCli();
    await cli.ok('people create cy');
    await cli.ok('people merge bo cy');
    await cli.ok('people attribute ada bo 0.25 --key gift');
    assert.match(await cli.ok('people attribute ada bo 0.25 --key gift'), /nothing changed/);
    await refused(cli, 'people attribute bo ada 0.1', 'attribution-cycle', 5);
    await refused(cli, 'people attribute ada bo 1.5', 'event-field-invalid', 3);
    const [ada, bo] = lines(await cli.ok('people show --json')).map(({ id }) => id);
    const [given, got] = [await cli.json('people show ada'), await cli.json('people show bo')];
    const parts = [{ from: '2025-01-19T00:00:00Z', part: '0.25' }];
    assert.deepEqual([given.gives, given.takes], [[{ person: bo, parts }], []]);
    assert.deepEqual([got.gives, got.takes], [[], [{ person: ada, parts }]]);
    assert.match(await cli.ok('people show bo'), /gets cred from\n.*\n {2}@ada +0\.25 +2025-01-19T00:00:00Z\n$/);
    // By an id that is one of somebody's.
    const [, second] = got.ids;
    const { event } = await cli.json(`people attribute ${second} ${ada} 0`);
    assert.equal(event.from, bo);
  });

  it('is later than what the ledger has, and not in the future', async () => {
    using cli = await communityCli();
    await cli.ok('people rename ada adela --at 2025-01-20T00:00:00Z');
    await refused(cli, 'people rename bo bob --at 2025-01-19T23:59:59Z', 'out-of-order-timestamp', 5);
    await refused(cli, 'people rename bo bob --at 2026-01-01T00:00:00Z', 'time-in-future', 3);
    await refused(cli, 'people attribute bo adela 0.5 --at 2026-01-01T00:00:00Z', 'time-in-future', 3);
    const { events } = await cli.json('people rename bo bob');
    assert.equal(events[0].time, '2025-01-20T00:00:00Z');
  });

  it('writes the events of its ledger as a log, and reads such a log once', async () => {
    using cli = await communityCli();
    await cli.ok('people merge ada bo');
    const text = await cli.ok('people log');
    assert.equal(text.trim().split('\n').length, 7);
    assert.equal(await cli.ok('people log --out ledger.jsonl'), 'ledger.jsonl: 7 events\n');
    assert.equal(cli.read('ledger.jsonl'), text);
    await refused(cli, 'people log --out ledger.jsonl', 'file-exists', 5);
    await cli.ok('people log --out ledger.jsonl --force');
    await refused(cli, 'people log --out prorata.db --force', 'option-invalid', 3);

    assert.match(await cli.ok('people import ledger.jsonl'), /7 events: 0 recorded, 7 known already, 0 refused/);
    await cli.ok('apply --store other.db');
    assert.match(await cli.ok('people import ledger.jsonl --store other.db --dry-run'), /7 would be recorded/);
    assert.match(await cli.ok('people import - --store other.db --by cy', { stdin: text }), /7 recorded/);
    assert.equal(await cli.ok('people log --store other.db'), text);
    assert.match(await cli.ok('people import ledger.jsonl --store other.db --by cy'), /7 known already/);
    // The older form: one array.
    const events = lines(text);
    await cli.ok('apply --store third.db');
    assert.match(
      await cli.ok('people import - --store third.db', { stdin: `${JSON.stringify(events, null, 1)}\n` }),
      /7 recorded/,
    );
    assert.equal(await cli.ok('people log --store third.db'), text);
    // What it says as JSON can be read as a file of events.
    cli.write('again.jsonl', await cli.ok('events --json --since 1'));
    const asFile = cli.read('again.jsonl').replaceAll(/"seq":\d+,"hash":"\w+",/g, '');
    cli.write('again.jsonl', asFile);
    await cli.ok('apply --store fourth.db');
    assert.match(await cli.ok('ingest again.jsonl --store fourth.db'), / 0 refused/);
    assert.equal(await cli.ok('people log --store fourth.db'), text);
  });

  it('refuses lines of a log by their numbers, and takes nothing of it', async () => {
    using cli = await communityCli();
    const [first, second, third] = (await cli.ok('people log')).trim().split('\n');
    await cli.ok('apply --store other.db');
    const before = await cli.state('other.db');
    const unknown = second!.replace(/"identityId":"\w+"/, '"identityId":"4PUYs3yI6vi4WwiAVncn6A"');
    const log = [first, '{"action":', third!.replace('"1"}', '"2"}'), unknown, third, ''].join('\n');
    const { code, out, err } = await cli.run('people import - --store other.db', { stdin: log });
    assert.equal(code, 3);
    assert.match(
      err,
      /stdin:2: \[line-malformed\] .*\nstdin:3: \[token-event-malformed\] .*version.*\nstdin:4: \[unknown-identity\] .*\nerror \[lines-refused\] 3 lines/,
    );
    assert.match(out, /5 events: 0 recorded, 0 known already, 3 refused/);
    assert.equal(await cli.state('other.db'), before);
    await refused(cli, 'people import none.jsonl', 'file-not-found', 4);
  });

  it('shows names instead of ids in payouts and postings, and takes them for --account', async () => {
    using cli = await communityCli();
    assert.match(await cli.ok('payouts --period 1'), /community +@ada .*\n.*community +@bo /);
    const [row] = lines(await cli.ok('payouts --account @BO --json --limit 1'));
    assert.deepEqual([row.name, row.due, isTokenId(row.account)], ['bo', '386', true]);
    assert.match(
      await cli.ok('postings --account ada'),
      /^id .*\n.* liquid:@ada +6\.14 +payout\n.* liquid:@ada +1\.67 +payout\n$/,
    );
    assert.equal(lines(await cli.ok('postings --account ada --json'))[0].name, 'ada');
    await refused(cli, 'payouts --account nobody', 'account-unknown', 4);
    using stakes = newCli();
    await stakes.ok('run events.jsonl');
    assert.deepEqual(Object.keys(lines(await stakes.ok('payouts --json'))[0]).includes('name'), false);
  });

  it('is for programs that score contributions, and says what it is', async () => {
    using cli = newCli();
    await cli.ok('apply');
    for (const line of [
      'people show',
      'people create cy',
      'people attribute a b 0.5',
      'people log',
      'people import events.jsonl',
    ])
      await refused(cli, line, 'model-differs', 3);
    const { code, err } = await cli.run('people');
    assert.equal(code, 2);
    assert.match(err, /^Usage: prorata people [^]* transfer [^]* attribute /);
  });

  it('keeps the books whole whatever is asked of it, and changes nothing when it refuses', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyLine, { minLength: 8, maxLength: 20 }), async (asked) => {
        using cli = await communityCli();
        let state = await cli.state();
        for (const line of asked) {
          const { code, err } = await cli.run(`people ${line}`);
          const after = await cli.state();
          assert.ok([0, 3, 4, 5].includes(code), `${line}: ${err}`);
          if (code !== 0) assert.equal(after, state, line);
          state = after;
        }
        await cli.ok('verify');
        // What the postings say is what everybody has, and what came as events is what the log of the ledger says.
        const sums = { paid: 0n, balance: 0n };
        for (const { book, from, to, amount: units } of lines(await cli.ok('people postings --json'))) {
          if (to === 'issuance') sums[book as 'paid'] -= BigInt(units);
          if (from === 'issuance') sums[book as 'paid'] += BigInt(units);
        }
        const { paid, balance } = await cli.json('people balances');
        assert.deepEqual([paid, balance], [`${sums.paid}`, `${sums.balance}`]);
        const logged = lines(await cli.ok('events --json')).filter(({ kind }) => kind === 'token');
        assert.deepEqual(
          lines(await cli.ok('people log')).map(({ uuid, action }) => [uuid, action]),
          logged.map(({ key, action }) => [key, action]),
        );
        await cli.ok('advance --to 2025-02-02T00:00:00Z');
        await cli.ok('verify');
      }),
      { numRuns: 8 },
    );
  });

  it('asks for the authority where there is one, of every way to log about people', async () => {
    using cli = newCli();
    cli.write('prorata.yaml', `${communityConfig}authority: council\n`);
    cli.write('forum.jsonl', '{"person": "forum/user/ada", "name": "ada", "time": "2025-01-05T00:00:00Z"}\n');
    const stranger = await cli.run('ingest forum.jsonl --format graph');
    assert.match(stranger.err, /\[invalid-authority\] by: Only council may ask for this, not nobody named/);
    await refused(cli, 'ingest forum.jsonl --format graph --by somebody', 'invalid-authority', 3);
    await cli.ok('ingest forum.jsonl --format graph --by council');
    await refused(cli, 'people activate ada', 'invalid-authority', 5);
    await cli.ok('people activate ada --by council');
    await cli.ok('people create bo --by council');
    await refused(cli, 'people attribute ada bo 0.5', 'invalid-authority', 5);
    await cli.ok('people attribute ada bo 0.5 --by council');
    cli.write('log.jsonl', await cli.ok('people log'));
    assert.match(await cli.ok('people import log.jsonl --by council'), /4 known already/);
    using other = newCli();
    other.write('prorata.yaml', `${communityConfig}authority: council\n`);
    other.write('log.jsonl', cli.read('log.jsonl'));
    await other.ok('apply');
    await refused(other, 'people import log.jsonl', 'invalid-authority', 3);
    await other.ok('people import log.jsonl --by council');
    assert.equal(await other.ok('people log'), cli.read('log.jsonl'));
  });
});
