import type { CellsQuery, MomentQuery } from '../app/crown/cells.ts';
import type { Engine } from '../app/engine.ts';
import { cellsJson, changeJson, momentJson } from './crown.ts';
import { json } from './json.ts';

/** A change for whoever follows: its JSON, and up to which event it tells. */
export interface ChangeText {
  readonly seq: number;
  readonly text: string;
}

/** What is asked about markets, answered as JSON. It may take long: where it can, a thread of its own answers. */
export interface CrownAnswers {
  /** As `Engine.crownCells`. */
  cells(program: string, query: CellsQuery): Promise<Uint8Array>;
  /** As `Engine.crownMoment`. */
  moment(program: string, query: MomentQuery): Promise<Uint8Array>;
  /** As `Engine.crownChanges`. */
  changes(program: string, after: number): Promise<{ readonly changes: readonly ChangeText[]; readonly seq: number }>;
  close(): Promise<void>;
}

const utf8 = new TextEncoder();

/** Answers by an engine, which stays whose it is. */
export function crownAnswers(engine: Engine): CrownAnswers {
  return {
    cells: async (program, query) => utf8.encode(json(cellsJson(await engine.crownCells(program, query)))),
    moment: async (program, query) => utf8.encode(json(momentJson(await engine.crownMoment(program, query)))),
    changes: async (program, after) => {
      const { changes, seq } = await engine.crownChanges(program, after);
      return { changes: changes.map((change) => ({ seq: change.seq, text: json(changeJson(change)) })), seq };
    },
    close: async () => {},
  };
}
