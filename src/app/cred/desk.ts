import { Gate } from '../gate.ts';
import type { Engine } from '../engine.ts';
import { credKinds, type CredKindScore, type CredMoment, credTimeline } from './breakdown.ts';
import type { CredExplanation } from './explain.ts';
import { type CredNeighbourhood, credNeighbourhood, type PlaceAsked } from './neighbourhood.ts';
import {
  type CredContribution,
  type CredContributionExplanation,
  credContributions,
  type CredPerson,
  type CredPersonExplanation,
  credPersons,
  explainCredContribution,
  explainCredPerson,
} from './read.ts';
import { aboutOf, type CredAbout, type CredView } from './view.ts';

/** Rows `skip` to before `skip + limit` of a list. */
interface Rows {
  readonly skip: number;
  readonly limit: number;
}

/** What can be asked about cred of a period: what with, and what the answer is. All of it is plain data. */
export interface CredQuestions {
  persons: { readonly asked: Rows; readonly found: readonly CredPerson[] };
  person: { readonly asked: { readonly whom: string; readonly limit: number }; readonly found: CredPersonExplanation };
  explanation: {
    readonly asked: { readonly account: string; readonly limit: number };
    readonly found: CredExplanation<CredAbout>;
  };
  sources: { readonly asked: { readonly whom?: string }; readonly found: readonly CredKindScore[] };
  timeline: {
    readonly asked: Rows & { readonly whom?: string; readonly by: 'interval' | 'period' };
    readonly found: readonly CredMoment[];
  };
  contributions: {
    readonly asked: Rows & { readonly ofPeriod: boolean; readonly source?: string; readonly search?: string };
    readonly found: readonly CredContribution[];
  };
  contribution: {
    readonly asked: { readonly address: string; readonly limit: number };
    readonly found: CredContributionExplanation;
  };
  neighbourhood: {
    readonly asked: { readonly place: PlaceAsked; readonly limit: number };
    readonly found: CredNeighbourhood;
  };
}

/** All rows of a list. */
export const allRows = { skip: 0, limit: Number.MAX_SAFE_INTEGER };

export interface CredPeriodAsked {
  readonly program: string;
  /** Default: the newest settled one, or the one that runs. */
  readonly period?: number | 'running';
}

export interface CredAnswer<Q extends keyof CredQuestions> {
  readonly about: CredAbout;
  readonly found: CredQuestions[Q]['found'];
}

/** Answers questions about cred, which may take a computation; apart from whoever asks, where the store can be opened twice. */
export interface CredDesk {
  /**
   * Throws what the answer throws, NotFoundError `program-unknown`, `period-unknown`, InvalidInputError `model-differs`, UnavailableError
   * `server-busy`, and the reason of the signal.
   */
  ask<Q extends keyof CredQuestions>(
    question: Q,
    of: CredPeriodAsked,
    asked: CredQuestions[Q]['asked'],
    signal?: AbortSignal,
  ): Promise<CredAnswer<Q>>;
  close(): Promise<void>;
}

const answers: {
  readonly [Q in keyof CredQuestions]: (
    view: CredView,
    asked: CredQuestions[Q]['asked'],
    engine: Engine,
  ) => CredQuestions[Q]['found'] | Promise<CredQuestions[Q]['found']>;
} = {
  persons: (view, { skip, limit }) => credPersons(view).slice(skip, skip + limit),
  person: (view, { whom, limit }) => explainCredPerson(view, whom, limit),
  explanation: async (view, asked, engine) => {
    const explained = await engine.explainCredView(view, asked);
    return { ...explained, view: aboutOf(explained.view) };
  },
  sources: (view, { whom }) => credKinds(view, whom),
  timeline: (view, { skip, limit, ...asked }) => credTimeline(view, asked).slice(skip, skip + limit),
  contributions: async (view, { skip, limit, search, ...asked }, engine) => {
    const having = search === undefined ? {} : { having: await contributionsWith(engine, view.program, search) };
    return credContributions(view, { limit: skip + limit, ...asked, ...having }).slice(skip);
  },
  contribution: (view, { address, limit }) => explainCredContribution(view, address, limit),
  neighbourhood: (view, { place, limit }) => credNeighbourhood(view, place, limit),
};

/** Whether an address, or what people call it, has a text in it, whatever the capitals. */
async function contributionsWith(
  engine: Engine,
  program: string,
  search: string,
): Promise<(address: string) => boolean> {
  const labelled = await engine.labelled(program, search);
  const text = search.toLowerCase();
  return (address) => address.toLowerCase().includes(text) || labelled.has(address);
}

/** Computations at once. */
const computationsMost = 2;

/** Answers here and now, by an engine that keeps the last few periods; see `CredViews`. */
export class KeptCred implements CredDesk {
  readonly #engine: Engine;
  readonly #computing = new Gate(computationsMost, 'computations');

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async ask<Q extends keyof CredQuestions>(
    question: Q,
    { program, period }: CredPeriodAsked,
    asked: CredQuestions[Q]['asked'],
    signal?: AbortSignal,
  ): Promise<CredAnswer<Q>> {
    // Always with names, so that one computation serves all questions.
    const view = await this.#engine.credView(program, {
      named: true,
      within: (work) => this.#computing.run(work),
      ...(period === undefined ? {} : { period }),
      ...(signal === undefined ? {} : { signal }),
    });
    return { about: aboutOf(view), found: await answers[question](view, asked, this.#engine) };
  }

  /** The engine is whose it is. */
  async close(): Promise<void> {}
}
