/**
 * Runs the scripts of random-program.ts through the engine as a user would - events, steps, reads - under any strategy,
 * batch size, pace and store, and compares all that the auditor reports.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Engine } from '../../src/app/engine.ts';
import type { Explanation } from '../../src/app/explain.ts';
import type { Store } from '../../src/app/ports.ts';
import type { ProrataEvent } from '../../src/core/events/event.ts';
import type { StrategyName } from '../../src/core/program.ts';
import type { Payout, Window } from '../../src/core/state.ts';
import { byBytes, exactRefusalCodes } from './auditor.ts';
import type { Action, AuditedPeriod, AuditReport, HaltReason, Outcome, Script, Until } from './auditor.ts';

export interface DriveOptions {
  /** All windows under this one; default: as the script has it, which changes it now and then. */
  readonly strategy?: StrategyName;
  /** Asked before every step: items of a batch. Default: as the definition has it. */
  readonly batchSize?: () => number;
  /** Asked for each wish to score k entries: k' of them are scored instead, which must make no difference. */
  readonly pace?: (k: number) => number;
  /** Default: as in the definition. Several runs in one store need several names. */
  readonly name?: string;
}

const ALL = 1_000_000;
const haltCodes: Record<string, HaltReason> = {
  'insufficient-funds': 'pool-underfunded',
  'no-recipients': 'no-recipients',
  'community-amount-not-positive': 'amount-not-positive',
  'total-score-not-positive': 'zero-total',
};

/** One program of a script in one store. */
export class Driver {
  readonly program: string;
  #engine: Engine;
  readonly #script: Script;
  readonly #options: DriveOptions;
  #extraEvents = 0;
  /** An advance stopped somewhere in scoring: how far that is depends on the engine, so the total may be known or not. */
  #midScoring = false;

  constructor(script: Script, store: Store, options: DriveOptions = {}) {
    this.#script = script;
    this.#options = options;
    this.#engine = new Engine(store);
    this.program = options.name ?? script.definition.name;
  }

  get engine(): Engine {
    return this.#engine;
  }

  async create(): Promise<void> {
    const { rules, ...rest } = this.#script.definition;
    const { strategy = rules.window.strategy, batchSize = () => rules.window.batchSize } = this.#options;
    const window = { ...rules.window, strategy, batchSize: batchSize() };
    await this.#engine.createProgram({ ...rest, name: this.program, rules: { ...rules, window } });
  }

  /** Goes on with another store, which must hold the same. */
  async moveTo(store: Store): Promise<void> {
    await this.#engine.close();
    this.#engine = new Engine(store);
  }

  /** What became of it, in the auditor's words; a refusal whose code may differ is `refused`. */
  async apply(action: Action): Promise<Outcome | 'refused'> {
    if (action.do === 'ingest') return this.#ingest(this.event(action.event));
    await this.#advance(action.now, action.until);
    return null;
  }

  /** The event as this run ingests it: under a fixed strategy none changes it. */
  event(event: ProrataEvent): ProrataEvent {
    const { strategy } = this.#options;
    return event.kind === 'rules' && event.strategy !== undefined && strategy !== undefined
      ? { ...event, strategy }
      : event;
  }

  async #ingest(event: ProrataEvent): Promise<Outcome | 'refused'> {
    let code = '';
    const { recorded, duplicate } = await this.#engine.ingest(this.program, [event], {
      onRefused: (_index, refusal) => void (code = refusal.code),
    });
    if (recorded + duplicate === 1) return recorded === 1 ? 'recorded' : 'duplicate';
    return comparable(code);
  }

  async #advance(now: number, until: Until): Promise<void> {
    const before = await this.#window();
    this.#midScoring = typeof until === 'object' && 'scored' in until ? true : this.#midScoring && before !== null;
    if (before === null) {
      await this.#setBatchSize(null);
      await this.#engine.step(this.program, now);
    }
    for (let steps = 0; ; steps += 1) {
      assert.ok(steps < 1000, 'the window does not end');
      const window = await this.#window();
      if (window === null || this.#isReached(window, until)) return;
      await this.#setBatchSize(window, until);
      const outcome = await this.#engine.step(this.program, now);
      if (outcome.did === 'idle' || outcome.did === 'halted') return;
    }
  }

  async #window(): Promise<Window | null> {
    return (await this.#engine.status(this.program)).window;
  }

  #isReached({ phase, entriesScored, accountsPaid }: Window, until: Until): boolean {
    if (until === 'opened') return true;
    if (until === 'scored') return phase === 'paying';
    if (until === 'settled') return false;
    if ('scored' in until) return phase === 'paying' || entriesScored >= this.#paced(until.scored);
    return phase === 'paying' && accountsPaid >= until.paid;
  }

  #paced(k: number): number {
    return this.#options.pace?.(k) ?? k;
  }

  /** The batch size of the next step, never more than it takes to stop where the script wants to. */
  async #setBatchSize(window: Window | null, until: Until = 'settled'): Promise<void> {
    const { rules, clock, paused, halted } = await this.#engine.status(this.program);
    if (paused !== null || halted !== null) return;
    let batchSize = (this.#options.batchSize ?? (() => this.#script.definition.rules.window.batchSize))();
    if (window && typeof until === 'object') {
      if ('scored' in until) batchSize = Math.min(batchSize, this.#paced(until.scored) - window.entriesScored);
      else if (window.phase === 'paying') batchSize = Math.min(batchSize, until.paid - window.accountsPaid);
    }
    if (batchSize === (window ?? rules.window).batchSize) return;
    this.#extraEvents += 1;
    const event = { kind: 'rules', key: `driver-${this.#extraEvents}`, time: clock, batchSize } as const;
    assert.equal(await this.#ingest(event), 'recorded');
  }

  async export(): Promise<string> {
    const lines: string[] = [];
    await this.#engine.export((text) => void lines.push(text));
    return lines.join('');
  }

  /** Everything that must not depend on how the program was run; accounts by name, as their ids depend on who came first. */
  async results() {
    const { program } = this;
    const periods = await this.#engine.periods(program);
    const payouts = await this.#payouts();
    const { schedule, paused, halted, clock } = await this.#engine.status(program);
    return {
      periods: periods.map(({ period, start, boundary, status, root, total, delivered, residual }) => {
        return { period, start, boundary, status, root, total, delivered, residual };
      }),
      payouts: payouts.map(({ account, ...payout }) => ({ ...payout, account: account.name })),
      balances: await this.#engine.balances(program),
      accounts: await this.#engine.accounts(program, { limit: ALL }),
      excluded: await this.#engine.excluded(program),
      status: { schedule, paused, halted: halted?.code ?? null, clock },
    };
  }

  async #payouts(): Promise<readonly Payout[]> {
    return this.#engine.payouts(this.program, { limit: ALL });
  }

  /** All that the auditor says, at this point of the script. */
  async agreeWith(report: AuditReport): Promise<void> {
    const status = await this.#engine.status(this.program);
    assert.equal(status.clock, report.instant, 'instant');
    assert.equal(status.paused !== null, report.paused, 'paused');
    assert.equal(status.halted === null ? null : (haltCodes[status.halted.code] ?? status.halted.code), report.halted);
    assert.deepEqual(status.schedule, report.schedule);
    assert.deepEqual([...(await this.#engine.excluded(this.program))].sort(byBytes), report.excluded);
    await this.#agreeOnPeriods(report, status.window);
    await this.#agreeOnMoney(report);
    await this.#agreeOnAccounts(report);
  }

  async #agreeOnPeriods(report: AuditReport, window: Window | null): Promise<void> {
    const [records, payouts] = [await this.#engine.periods(this.program), await this.#payouts()];
    const actual = records.map(({ period, start, boundary, status, allocations, residual, total, root }) => {
      const own = payouts.filter((payout) => payout.period === period);
      const scored = report.periods[period - 1]?.pool;
      return {
        period,
        start,
        boundary,
        settled: status === 'settled' && root === rootOf(own),
        amount: allocations.find(({ pool }) => pool === scored)?.amount ?? 0n,
        total: status === 'open' ? this.#totalOf(window!, report) : total,
        residual,
        payouts: own.filter(({ reason }) => reason !== 'direct').map(payoutLine),
        direct: own
          .filter(({ reason }) => reason === 'direct')
          .map(({ pool, account, due }) => `${pool} ${account.name} ${due}`)
          .sort(),
      };
    });
    assert.deepEqual(actual, report.periods.map(periodOf));
  }

  #totalOf({ total }: Window, { periods, closing }: AuditReport): bigint | null {
    if (total === null || periods.at(-1)!.total !== null || !this.#midScoring) return total;
    assert.equal(total, sum([...closing!.values()]), 'total');
    return null;
  }

  async #agreeOnMoney(report: AuditReport): Promise<void> {
    const payouts = await this.#payouts();
    const balances = await this.#engine.balances(this.program);
    const own = (kind: string, pool = ''): bigint =>
      balances.find(({ account }) => account.kind === kind && (account.kind !== 'pool' || account.pool === pool))
        ?.balance ?? 0n;
    assert.deepEqual(new Map([...report.pools.keys()].map((pool) => [pool, own('pool', pool)])), report.pools);
    assert.deepEqual([own('residual'), own('outside')], [report.residual, report.outside], 'residual and outside');
    const earned = (part: 'liquid' | 'restaked'): Map<string, bigint> => {
      const sums = new Map<string, bigint>();
      for (const payout of payouts)
        if (payout[part] > 0n) sums.set(payout.account.name, (sums.get(payout.account.name) ?? 0n) + payout[part]);
      return sums;
    };
    assert.deepEqual(earned('liquid'), report.liquid);
    assert.deepEqual(earned('restaked'), report.restaked);
    const all = [
      ...earned('liquid').values(),
      ...earned('restaked').values(),
      ...balances.map(({ balance }) => balance),
    ];
    assert.equal(sum(all), 0n, 'money came from nowhere, or went there');
  }

  async #agreeOnAccounts(report: AuditReport): Promise<void> {
    const views = await this.#engine.accounts(this.program, { limit: ALL });
    const names = views.map(({ account }) => account);
    assert.deepEqual(names, names.toSorted(byBytes));
    const stakes = views
      .filter((view) => view.stakes.length > 0)
      .map((view) => {
        return [
          view.account,
          new Map(view.stakes.map(({ validator, shares, tokens }) => [validator, { shares, value: tokens }])),
        ] as const;
      });
    assert.deepEqual(new Map(stakes), report.stakes);
    const running = new Map(views.filter(({ score }) => score > 0n).map(({ account, score }) => [account, score]));
    assert.deepEqual(running, report.unsettled.at(-1)!.scores, 'running scores');
    if (report.closing === null) return assert.ok(views.every(({ closing }) => closing === null));
    const paid = report.periods.at(-1)!.payouts;
    const closing = views.filter((view) => !paid.has(view.account) && view.closing!.score > 0n);
    assert.deepEqual(
      new Map(closing.map((view) => [view.account, view.closing!.score])),
      report.closing,
      'closing scores',
    );
    for (const [name, { score }] of paid) {
      assert.equal(
        (await this.#engine.account(this.program, name)).closing?.score,
        score,
        `closing score of ${name}, who is paid`,
      );
    }
  }

  /** Every named invariant of the store. */
  async verify(): Promise<void> {
    const { findings } = await this.#engine.verify(this.program);
    assert.deepEqual(
      findings.filter(({ holds }) => !holds),
      [],
    );
  }

  /** Explanations of everybody in every period: they add up, agree with the auditor, and no zero is without its reason. */
  async explainAll(report: AuditReport): Promise<void> {
    const views = await this.#engine.accounts(this.program, { limit: ALL });
    for (const { account } of views) {
      for (const period of report.periods) {
        const explanation = await this.#engine.explain(this.program, { account, period: period.period });
        const payout = period.payouts.get(account);
        if (payout) assert.equal(explanation.score, payout.score, `${account}, period ${period.period}`);
        if (payout && period.settled) agreeOnSplit(explanation, payout.restaked);
        this.#check(explanation, period);
      }
      for (const [index, { start, end, scores }] of report.unsettled.entries()) {
        const period = report.periods.length + 1 + index;
        const explanation = await this.#engine.explain(this.program, { account, period });
        assert.equal(explanation.start, start, `start of period ${period}`);
        if (end !== null) assert.equal(explanation.end, end, `end of period ${period}`); // the running one ends as scheduled
        assert.equal(explanation.score, scores.get(account) ?? 0n, `${account}, period ${period}`);
        this.#check(explanation, null);
      }
    }
  }

  #check(
    { account, period, intervals, score, zero, payouts, division, status }: Explanation,
    audited: AuditedPeriod | null,
  ): void {
    const what = `${account}, period ${period}`;
    assert.equal(sum(intervals.map((interval) => interval.score)), score, what);
    for (const { from, until, tokens, score: part, source } of intervals) {
      if (source !== 'taken-over') assert.equal(part, tokens * BigInt(until - from), what);
    }
    const paid = payouts.find(({ reason }) => reason !== 'direct');
    const delivered = paid ? paid.restaked + paid.liquid : 0n;
    if (delivered === 0n && (score === 0n || status === 'settled'))
      assert.ok(zero !== null && zero.text !== '', `${what}: a zero without a reason`);
    if (delivered > 0n) assert.equal(zero, null, `${what}: a reason for a zero, but it is none`);
    if (!division || !audited) return;
    const { amount, total, due, remainder } = division;
    assert.deepEqual([amount, total, due], [audited.amount, audited.total, audited.payouts.get(account)!.due], what);
    assert.equal(due * total + remainder, amount * score, what);
    assert.ok(remainder < total, what);
  }
}

function agreeOnSplit(explanation: Explanation, restaked: ReadonlyMap<string, bigint>): void {
  const split = explanation.split.filter((part) => part.restaked > 0n);
  const what = `split of ${explanation.account}, period ${explanation.period}`;
  assert.deepEqual(new Map(split.map((part) => [part.validator, part.restaked])), restaked, what);
}

function periodOf({ period, start, boundary, settled, amount, total, residual, payouts, direct }: AuditedPeriod) {
  return {
    period,
    start,
    boundary,
    settled,
    amount,
    total,
    residual,
    payouts: [...payouts].map(([account, { restaked, ...payout }]) =>
      payoutLine({ ...payout, account: { name: account }, restaked: sum([...restaked.values()]) }),
    ),
    direct: direct.map(({ pool, account, amount: part }) => `${pool} ${account} ${part}`).sort(),
  };
}

/** The settlement root, as RFC 6962 defines it: over one line of text per payout, in their order. */
function rootOf(payouts: readonly Payout[]): string {
  const hash = (...parts: readonly (string | Buffer)[]): Buffer => {
    const hasher = createHash('sha256');
    for (const part of parts) hasher.update(part);
    return hasher.digest();
  };
  const rootOfLines = (lines: readonly string[]): Buffer => {
    if (lines.length < 2) return lines.length === 0 ? hash() : hash('\0', lines[0]!);
    let half = 1;
    while (half * 2 < lines.length) half *= 2;
    return hash('\u0001', rootOfLines(lines.slice(0, half)), rootOfLines(lines.slice(half)));
  };
  const lines = payouts.map(({ pool, account, score, due, restaked, liquid, reason }) =>
    JSON.stringify([pool, account.name, ...[score, due, restaked, liquid].map(String), reason]),
  );
  return rootOfLines(lines).toString('hex');
}

/** Where nothing is due, having no stake and having less than one unit say as much. */
function payoutLine({
  account,
  score,
  due,
  restaked,
  liquid,
  reason,
}: Omit<Payout, 'id' | 'period' | 'pool' | 'account'> & { account: { name: string } }) {
  return { account: account.name, score, due, restaked, liquid, reason: due === 0n ? 'nothing' : reason };
}

/** An outcome as far as the engine and the auditor must use the same words for it. */
export function comparable(outcome: string): Outcome | 'refused' {
  const literal = ['recorded', 'duplicate', ...exactRefusalCodes] as readonly string[];
  return literal.includes(outcome) ? (outcome as Outcome) : 'refused';
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
