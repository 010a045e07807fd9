import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { InvalidInputError } from '../core/errors.ts';
import { settleModes, strategyNames } from '../core/program.ts';
import type { ProgramDefinition } from '../core/program.ts';
import { loadProgram } from './load-program.ts';
import type { LoadedProgram } from './load-program.ts';
import { templateNames, templateText } from './templates.ts';
import { toYaml } from './to-yaml.ts';

const seed = Number(process.env['SEED'] ?? 20_258);
const load = (text: string): LoadedProgram => loadProgram(text, { path: 'dir/prorata.yaml' });

const base = `program: acme-stake
store: prorata.db
asset: {symbol: ACME, decimals: 6}
pools:
  community: {pays: score, funding: "400000"}
  team: {pays: recipients, recipients: [t1, t2], funding: 1000}
residual: community_pool
schedule:
  entries:
    - {at: 2025-01-01T12:00:00Z, amounts: {community: "1000", team: 10}}
    - {at: 1738411200, amounts: {community: "123456789012345678901234567890"}}
excluded: [x1]
`;

/** The problems that `text` has, without their count. */
function problemsOf(text: string): string[] {
  try {
    load(text);
  } catch (error) {
    assert.ok(error instanceof InvalidInputError, String(error));
    assert.equal(error.code, 'config-invalid');
    assert.equal(error.facts['path'], 'dir/prorata.yaml');
    assert.match(error.message, /^dir\/prorata\.yaml has (one problem|\d+ problems):\n/);
    return error.facts['problems']!.split('\n');
  }
  return [];
}
const only = (text: string): string => {
  const problems = problemsOf(text);
  assert.equal(problems.length, 1, problems.join('\n'));
  return problems[0]!;
};

describe('src/config/load-program', () => {
  it('reads a program with its defaults, amounts of any size exactly, and the store beside the file', () => {
    const { definition, store } = load(base);
    assert.deepEqual(definition, {
      name: 'acme-stake',
      rules: {
        asset: { symbol: 'ACME', decimals: 6 },
        pools: [
          { name: 'community', pays: 'score', funding: 400_000n, recipients: [] },
          { name: 'team', pays: 'recipients', funding: 1000n, recipients: ['t1', 't2'] },
        ],
        residual: 'community_pool',
        scoring: { model: 'stake-time', rate: 'floor' },
        window: { settle: 'multi_block', strategy: 'cut', batchSize: 1000 },
        onZeroTotal: 'halt',
        requireAllPools: false,
        requireIds: false,
        minGapSeconds: 0,
      },
      schedule: [
        {
          at: 1_735_732_800,
          allocations: [
            { pool: 'community', amount: 1000n },
            { pool: 'team', amount: 10n },
          ],
        },
        { at: 1_738_411_200, allocations: [{ pool: 'community', amount: 123456789012345678901234567890n }] },
      ],
      excluded: ['x1'],
    } satisfies ProgramDefinition);
    assert.equal(store, 'dir/prorata.db');
    assert.equal(load(base.replace('store: prorata.db', 'store: /var/p.db')).store, '/var/p.db');
    assert.equal(load(base.replace('store: prorata.db\n', '')).store, undefined);
  });

  it('takes whole numbers beyond 2^53 without quotes, exactly', () => {
    const { definition } = load(base.replace('funding: 1000', 'funding: 90071992547409931234567890'));
    assert.equal(definition.rules.pools[1]!.funding, 90071992547409931234567890n);
  });

  it('reads an unquoted share as it is written, not as a float', () => {
    const plan = (share: string): LoadedProgram =>
      load(
        base.replace(
          /schedule:[^]*excluded/,
          `schedule: {plan: {start: 2025-01-15T12:00:00Z, months: 1, total: 10000000000000000000000, shares: {community: ${share}}}}\nexcluded`,
        ),
      );
    assert.equal(plan('0.3').definition.schedule[0]!.allocations[0]!.amount, 3_000_000_000_000_000_000_000n);
    assert.equal(
      plan('0.3000000000000000000001').definition.schedule[0]!.allocations[0]!.amount,
      3_000_000_000_000_000_000_001n,
    );
  });

  it('warns when a pool holds less than the schedule takes from it, or pays nothing', () => {
    const { warnings } = load(base);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /^pools\.community\.funding: 400000 is less than the 123456789012345678901234568890/);
    assert.match(
      load(base.replace(', team: 10', '').replace('"123456789012345678901234567890"', '1')).warnings.join('\n'),
      /^pools\.team: no schedule entry takes from it\.$/,
    );
  });

  const broken: readonly [string, string, string | RegExp, RegExp][] = [
    [
      'a value that is none of the choices',
      'pays: score',
      'pays: scores',
      /^pools\.community\.pays: found "scores"; accepted: one of score, recipients \(line 5\)$/,
    ],
    [
      'a misspelt key',
      'residual:',
      'residuall:',
      /^residual: found none; accepted: a text of 1 to 256 bytes|^residuall: found an unknown key/,
    ],
    [
      'a missing key',
      'asset: {symbol: ACME, decimals: 6}',
      'asset: {symbol: ACME}',
      /^asset\.decimals: found none; accepted: a whole number from 0 to 36 \(line 3\)$/,
    ],
    [
      'a fraction as an amount',
      'funding: 1000',
      'funding: 1000.5',
      /^pools\.team\.funding: found "1000\.5"; accepted: a whole number of smallest units.* \(line 6\) \[amount-fractional\]$/,
    ],
    ['a negative amount', 'funding: 1000', 'funding: -1', /^pools\.team\.funding: found -1; .*\[amount-negative\]$/],
    [
      'an amount as a float with an exponent',
      'funding: 1000',
      'funding: 1e3',
      /^pools\.team\.funding: found "1e3"; .*\[amount-malformed\]$/,
    ],
    ['an amount of null', 'funding: 1000', 'funding: ', /^pools\.team\.funding: found null; accepted: a whole number/],
    [
      'a list where a mapping belongs',
      'asset: {symbol: ACME, decimals: 6}',
      'asset: [ACME]',
      /^asset: found \["ACME"\]; accepted: a mapping \(line 3\)$/,
    ],
    [
      'a text where a list belongs',
      'recipients: [t1, t2]',
      'recipients: t1',
      /^pools\.team\.recipients: found "t1"; accepted: a list/,
    ],
    [
      'two pools that pay by score',
      'pays: recipients, recipients: [t1, t2]',
      'pays: score',
      /^pools: found community and team paying by score; accepted: exactly one pool with pays: score/,
    ],
    [
      'no pool that pays by score',
      'pays: score',
      'pays: recipients, recipients: [r]',
      /^pools: found no pool that pays by score/,
    ],
    [
      'a residual that is a pool',
      'residual: community_pool',
      'residual: team',
      /^residual: found "team"; accepted: a name that no pool has \(line 7\) \[residual-is-a-pool\]$/,
    ],
    [
      'a pool without its recipients',
      'recipients: [t1, t2], ',
      '',
      /^pools\.team\.recipients: found none; accepted: at least one account .*\[mapping-no-recipients\]$/,
    ],
    [
      'a recipient twice',
      '[t1, t2]',
      '[t1, t1]',
      /^pools\.team\.recipients\[1\]: found "t1" a second time; .*\[duplicate-recipient\]$/,
    ],
    [
      'recipients of the pool that pays by score',
      'pays: score',
      'pays: score, recipients: [a]',
      /^pools\.community\.recipients: found 1 of a pool that pays by score; accepted: none \(line 5\) \[mapping-for-community\]$/,
    ],
    [
      'a pool that is unknown to the schedule',
      ', team: 10',
      ', teem: 10',
      /^schedule\.entries\[0\]: found "teem"; accepted: one of community, team \(line 10\) \[allocation-account-unknown\]$/,
    ],
    [
      'a schedule out of order',
      'at: 1738411200',
      'at: 1',
      /^schedule\.entries\[1\]: found 1 after 1735732800; .*\[schedule-not-sorted\]$/,
    ],
    [
      'an instant without a zone',
      '2025-01-01T12:00:00Z',
      '2025-01-01T12:00:00',
      /^schedule\.entries\[0\]\.at: found "2025-01-01T12:00:00", a time without a zone; .*\[time-without-zone\]/,
    ],
    [
      'an excluded account twice',
      'excluded: [x1]',
      'excluded: [x1, x1]',
      /^excluded\[1\]: found "x1" a second time; .*\[duplicate-address\]$/,
    ],
    [
      'an excluded account that is no address',
      'excluded: [x1]',
      'excluded: [x1]\naccounts: {pattern: "[a-z]+|t[0-9]"}',
      /^excluded\[0\]: found "x1"; .*\[invalid-address\]$/,
    ],
    [
      'a pattern that is none',
      'excluded: [x1]',
      'accounts: {pattern: "("}',
      /^accounts\.pattern: found "\("; accepted: a regular expression/,
    ],
    [
      'two ways to say what accounts look like',
      'excluded: [x1]',
      'accounts: {pattern: "x", bech32: cosmos}',
      /^accounts: found both pattern and bech32/,
    ],
    ['a pool whose name is a number', '  team:', '  7:', /^pools\.7: found the key "7"; accepted: a name of letters/],
    [
      'a batch of none',
      'excluded: [x1]',
      'window: {batch_size: 0}',
      /^window\.batch_size: found 0; accepted: a whole number from 1 to 100000/,
    ],
    [
      'a key twice',
      'residual: community_pool',
      'residual: a\nresidual: b',
      /^file: found YAML that cannot be read at line 8, column 1: Map keys must be unique/,
    ],
    [
      'YAML that is none',
      'excluded: [x1]',
      'excluded: [x1',
      /^file: found YAML that cannot be read at line \d+, column \d+/,
    ],
    ['two documents', 'excluded: [x1]', 'excluded: []\n---\na: 1', /^file: found YAML that cannot be read at line \d+/],
    ['an unknown tag', 'excluded: [x1]', 'excluded: !!js/function []', /^file: found YAML that cannot be read/],
  ];
  for (const [what, from, to, expected] of broken) {
    it(`refuses ${what}, naming key, finding and what is accepted`, () => {
      assert.ok(base.includes(from));
      const problems = problemsOf(base.replace(from, String(to)));
      assert.ok(problems.length >= 1);
      assert.match(problems[0]!, expected);
    });
  }

  it('lists every problem of the file', () => {
    const problems = problemsOf(
      base
        .replace('pays: score', 'pays: scores')
        .replace('residual:', 'resdual:')
        .replace('decimals: 6', 'decimals: six'),
    );
    assert.equal(problems.length, 4, problems.join('\n'));
    assert.match(
      problems.join('\n'),
      /resdual: found an unknown key; accepted: program, .*did you mean "residual"\? \(line 7\)/,
    );
  });

  it('checks entries and plan against each other and the stated residue against the plan', () => {
    const plan = (rest: string): string =>
      base.replace(
        /schedule:[^]*excluded/,
        `schedule:\n  plan: {start: 2025-01-31T12:00:00Z, months: 3, total: 1000, shares: {community: "0.5", team: "0.1"}${rest}}\nexcluded`,
      );
    const { definition, warnings } = load(
      plan(', residue: {community: 2, team: 1}').replace('funding: 1000', 'funding: 98'),
    );
    assert.deepEqual(
      definition.schedule.map((entry) => entry.at),
      [1_738_065_600, 1_740_744_000, 1_743_163_200],
    );
    assert.deepEqual(
      warnings.map((warning) => warning.split(':')[0]),
      ['pools.team.funding'],
    );
    assert.match(
      only(plan(', residue: {community: 2, team: 2}')),
      /^schedule\.plan\.residue\.team: found 2; accepted: "1", which .*\[plan-residue-differs\]$/,
    );
    assert.match(only(plan(', residue: {community: 2}')), /residue\.team: found none; .*\[plan-residue-differs\]$/);
    assert.match(
      only(plan(', residue: {community: 2, team: 1, other: 0}')),
      /residue\.other: .*\[plan-residue-differs\]$/,
    );
    assert.match(
      only(plan('').replace('team: "0.1"', 'team: "0.6"')),
      /^schedule\.plan\.shares: .*\[plan-shares-above-whole\]$/,
    );
    assert.match(
      only(plan('').replace('total: 1000', 'total: 10')),
      /^schedule\.plan\.shares\.team: .*\[plan-amount-too-small\]$/,
    );
    assert.match(
      only(plan('').replace('team: "0.1"', 'teem: "0.1"')),
      /^schedule\.plan: found "teem"; .*\[allocation-account-unknown\]$/,
    );
    assert.match(only(plan('').replace('  plan:', '  entries: []\n  plan:')), /^schedule: found both entries and plan/);
    assert.equal(load(plan('').replace(', funding: 1000', '')).definition.rules.pools[1]!.funding, 100n);
    assert.deepEqual(
      load(`${plan('')}require_ids: true\n`).definition.schedule.map((entry) => entry.id),
      [1, 2, 3],
    );
  });

  it('derives the pattern of bech32 addresses, of accounts and of validators', () => {
    const { accountPattern } = load(
      base.replace('excluded: [x1]', 'accounts: {bech32: cosmos}').replace('[t1, t2]', `[cosmos1${'q'.repeat(38)}]`),
    ).definition.rules;
    const pattern = new RegExp(accountPattern!, 'u');
    for (const [address, good] of [
      [`cosmos1${'q'.repeat(38)}`, true],
      [`cosmosvaloper1${'z'.repeat(38)}`, true],
      [`cosmos1${'q'.repeat(58)}`, true],
      [`cosmos1${'q'.repeat(39)}`, false],
      [`cosmos1${'b'.repeat(38)}`, false],
      [`osmo1${'q'.repeat(38)}`, false],
      [`cosmos1${'Q'.repeat(38)}`, false],
    ] as const)
      assert.equal(pattern.test(address), good, address);
  });

  it('survives alias bombs, deep nesting, prototype keys and huge files with an error', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((letter, i) => `${letter}: &${letter} [${Array(10).fill(`*${'abcdefg'[i]}`).join(',')}]`)
      .join('\n')}`;
    assert.match(only(bomb), /Excessive alias count/);
    assert.match(problemsOf('['.repeat(200_000)).join('\n'), /cannot be read/);
    assert.match(problemsOf(base.replace('  team:', '  __proto__:')).join('\n'), /accepted: /);
    assert.match(only(' '.repeat(4 * 1024 * 1024 + 1)), /4194305 characters/);
    assert.match(only(''), /^file: found null; accepted: a mapping/);
  });

  it(`loads what toYaml writes as the same definition (seed ${seed})`, () => {
    const account = fc.constantFrom(
      'a1',
      'été',
      '007',
      'null',
      'true',
      '- x',
      '#y',
      '1e3',
      '"q"',
      "it's",
      ' lead',
      'x: y',
      '0x1F',
    );
    const amount = fc.bigInt({ min: 1n, max: 10n ** 40n });
    const definition = fc
      .record({
        accounts: fc.uniqueArray(account, { minLength: 3, maxLength: 6 }),
        seconds: fc.uniqueArray(fc.integer({ min: 1, max: 4_000_000_000 }), { maxLength: 4 }),
        amount,
        funding: amount,
        settle: fc.constantFrom(...settleModes),
        strategy: fc.constantFrom(...strategyNames),
        batchSize: fc.integer({ min: 1, max: 100_000 }),
        rate: fc.constantFrom('floor' as const, 'sdk' as const),
        onZeroTotal: fc.constantFrom('halt' as const, 'residual' as const),
        ids: fc.boolean(),
        strict: fc.boolean(),
      })
      .map((any): ProgramDefinition => ({
        name: 'p',
        rules: {
          asset: { symbol: '1e3', decimals: 6 },
          pools: [
            { name: 'true', pays: 'score', funding: any.funding, recipients: [] },
            { name: 'team', pays: 'recipients', funding: 0n, recipients: any.accounts.slice(1) },
          ],
          residual: 'null',
          scoring: { model: 'stake-time', rate: any.rate },
          window: { settle: any.settle, strategy: any.strategy, batchSize: any.batchSize },
          onZeroTotal: any.onZeroTotal,
          ...(any.strict ? { accountPattern: '.*\\S.*', authority: any.accounts[0]! } : {}),
          requireAllPools: any.strict,
          requireIds: any.ids,
          minGapSeconds: 0,
        },
        schedule: any.seconds
          .toSorted((a, b) => a - b)
          .map((at, index) => ({
            at,
            allocations: [
              { pool: 'team', amount: any.amount },
              { pool: 'true', amount: 1n },
            ],
            ...(any.ids ? { id: index + 5 } : {}),
          })),
        excluded: any.accounts.slice(0, 2),
      }));
    fc.assert(
      fc.property(definition, (one) => {
        assert.deepEqual(load(toYaml(one)).definition, one);
        assert.equal(load(toYaml(one, { store: 'x.db' })).store, 'dir/x.db');
      }),
      { seed },
    );
  });

  it('writes rounds as rounds, and refuses a schedule that the file has no words for', () => {
    const rounds = (ids: boolean, count = ''): ProgramDefinition =>
      load(
        `program: p\nasset: {symbol: T, decimals: 0}\nresidual: rest\npools:\n  rewards: {pays: score, funding: 1}\n` +
          `scoring: {model: crown, rules: best-rate-tie, directions: {btc-tao: "1"}}\nrequire_ids: ${ids}\n` +
          `schedule:\n  rounds: {start: 2025-03-01T00:00:00Z, every: 3600, amounts: {rewards: 7}${count}}\n`,
      ).definition;
    for (const one of [rounds(false), rounds(true), rounds(false, ', count: 1'), rounds(true, ', count: 9')])
      assert.deepEqual(load(toYaml(one)).definition, one);

    const { start, ...endless } = rounds(false);
    const [entry] = endless.schedule;
    const before = { at: entry!.at - 1, allocations: entry!.allocations };
    const none: readonly ProgramDefinition[] = [
      endless,
      { ...endless, start: start! + 1 },
      { ...endless, start: start!, schedule: [] },
      { ...endless, start: start!, schedule: [before] },
      { ...endless, start: start!, schedule: [before, entry!] },
      { ...endless, start: start!, schedule: [{ ...entry!, id: 1 }] },
      { ...rounds(true), schedule: [{ ...entry!, id: 2 }] },
    ];
    for (const one of none) assert.throws(() => toYaml(one), { code: 'schedule-not-in-file' });
  });

  for (const name of templateNames) {
    it(`loads the template ${name} without a warning`, () => {
      assert.deepEqual(load(templateText(name, { schema: './schema.json' })).warnings, []);
      assert.match(
        templateText(name, { schema: './schema.json' }),
        /^# yaml-language-server: \$schema=\.\/schema\.json\n# /,
      );
    });
  }

  it('has the figures of the real programme in its template', () => {
    const vector = JSON.parse(
      readFileSync(new URL('../../test/vectors/stake/plan-real-bootstrap.json', import.meta.url), 'utf8'),
    );
    const plan = vector.steps.find((step: { plan?: unknown }) => step.plan !== undefined).plan;
    const { definition } = load(templateText('pse'));
    assert.deepEqual(
      definition.schedule.map((entry) => entry.at),
      plan.timestamps,
    );
    for (const entry of definition.schedule)
      assert.deepEqual(
        Object.fromEntries(entry.allocations.map(({ pool, amount }) => [pool, `${amount}`])),
        plan.amounts,
      );
    assert.deepEqual(
      Object.fromEntries(definition.rules.pools.map(({ name, funding }) => [name, `${funding}`])),
      plan.funded,
    );
  });
});
