import type { Engine } from '../../app/engine.ts';
import type { VerifyReport } from '../../app/verify.ts';
import type { ProgramDefinition } from '../../core/program.ts';
import type { PeriodRecord } from '../../core/state.ts';
import type { Io } from '../io.ts';
import type { GlobalOptions } from '../options.ts';
import { Money } from '../print.ts';
import { breather, startProgress } from '../progress.ts';
import { Interrupted } from '../report.ts';

/** What there is of a program in the end. */
export interface ToldReport {
  /** Those that are settled, and the number of the one that runs. */
  readonly periods: readonly PeriodRecord[];
  readonly running: number;
  readonly verify: VerifyReport;
}

/** How the demo speaks: what happens (not with --quiet), and what came of it; neither with --json. */
export class DemoIo {
  readonly io: Io;
  readonly #options: GlobalOptions;
  readonly #breathe: () => Promise<void>;

  constructor(io: Io, options: GlobalOptions) {
    this.io = io;
    this.#options = options;
    this.#breathe = breather(io);
  }

  readonly beforeStep = async (): Promise<void> => {
    if (this.io.signal.aborted) throw new Interrupted('Stopped after the current step.');
    await this.#breathe();
  };

  async say(line: string): Promise<void> {
    if (this.#options.quiet !== true) await this.show(`${line}\n`);
  }

  async show(text: string): Promise<void> {
    if (this.#options.json !== true) await this.io.stdout.write(text);
  }

  money({ rules }: ProgramDefinition): Money {
    return new Money(rules.asset, this.#options);
  }

  async verify(engine: Engine, program: string): Promise<VerifyReport> {
    const progress = startProgress(this.io, this.#options);
    try {
      return await engine.verify(program, (what) => progress.update(() => `verifying ${what}`));
    } finally {
      progress.end();
    }
  }
}
