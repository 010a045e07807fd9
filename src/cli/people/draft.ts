import type { IngestSummary } from '../../app/ingest.ts';
import { tokenId } from '../../app/cred/sync.ts';
import { ConflictError } from '../../core/errors.ts';
import type { TokenHappened } from '../../core/events/event.ts';
import type { Refusal } from '../../core/events/refusal.ts';
import type { People } from '../../core/scoring/cred/people.ts';
import type { Action } from '../../core/token/event.ts';
import { sortedKeys } from '../../core/token/log.ts';
import { operate, type Operation } from '../../core/token/operations.ts';
import { exitCodes } from '../exit-codes.ts';
import type { FutureFlags } from '../future.ts';
import type { Io } from '../io.ts';
import { type GlobalOptions, instantOption } from '../options.ts';
import { eventJson, json, type Money, visible } from '../print.ts';
import { type Session, writing } from '../session.ts';
import { appendAll, assertAt } from '../settings.ts';
import { actionText } from './action-text.ts';

export interface TokenFlags extends GlobalOptions, FutureFlags {
  readonly at?: string;
  readonly dryRun?: boolean;
}

/**
 * What a command about people comes to. Each action is tried on a copy of what is known, so that the next one builds on it, and a
 * refusal says why before anything is logged.
 *
 * Ids of events are a hash of the head of the log, of what is asked for and of the place in the command: nothing random, and
 * the same command on the same log makes the same events. Once something was logged, be it the command's own event, the head is
 * another one, and so are the ids.
 */
export class Draft {
  readonly people: People;
  /** Hash of the newest event of the log that was seen. */
  readonly head: string;
  readonly money: Money;
  readonly events: TokenHappened[] = [];
  /** What each event says, for people. */
  readonly lines: string[] = [];
  /** What is likely not meant, although it can be done; for people. */
  readonly notes: string[] = [];
  readonly #at: number;
  readonly #by: { readonly by?: string };

  constructor(
    people: People,
    {
      head,
      at,
      by,
      money,
    }: { readonly head: string; readonly at: number; readonly by?: string; readonly money: Money },
  ) {
    this.people = people;
    this.head = head;
    this.money = money;
    this.#at = at;
    this.#by = by === undefined ? {} : { by };
  }

  /** Throws ConflictError with the code of the ledger's refusal. */
  act(action: Action, id = this.#idOf(action)): void {
    const event: TokenHappened = { kind: 'token', key: id, time: this.#at, ...this.#by, action };
    const line = actionText(action, this.people, this.money);
    const refusal = this.people.apply(event);
    if (refusal !== null) throw conflict(refusal);
    this.events.push(event);
    this.lines.push(line);
  }

  /** What an operation entails is done with it. Nothing where it is so already. Throws as `act`. */
  operate(operation: Operation): void {
    let place = 0;
    const nextId = (): string => this.#idOf(operation, (place += 1));
    const { events, refusal } = operate(this.people.ledger, operation, { at: this.#at, nextId });
    if (refusal !== null) throw conflict(refusal);
    for (const { uuid: key, ledgerTimestamp: time, action } of events) {
      this.events.push({ kind: 'token', key, time, ...this.#by, action });
      this.lines.push(actionText(action, this.people, this.money, { done: true }));
    }
  }

  #idOf(what: Action | Operation, more = 0): string {
    const text = JSON.stringify([this.head, this.events.length + more, sortedKeys(what)]);
    return tokenId(`event ${text}`, () => true);
  }
}

const conflict = ({ code, message, field }: Refusal): ConflictError =>
  new ConflictError(code, message, field === undefined ? {} : { field });

/**
 * Runs a command that changes the token ledger: `plan` says by a draft what happens; that is logged in one transaction, whole or
 * not at all, and only if nothing else was logged meanwhile. Throws InvalidInputError `model-differs`, ConflictError
 * `log-moved` or the code of a refusal.
 */
export async function changing(
  options: TokenFlags,
  io: Io,
  plan: (draft: Draft, session: Session) => void | Promise<void>,
): Promise<number> {
  assertAt(io, options);
  return writing(io, options, async (session) => {
    const { engine, program, money } = session;
    const { head, clock } = await engine.status(program);
    const people = await engine.people(program);
    const at = options.at === undefined ? clock : instantOption(options.at, '--at');
    const draft = new Draft(people, { head, at, money, ...(options.by === undefined ? {} : { by: options.by }) });
    await plan(draft, session);
    const known = draft.events.length === 0;
    const summary = known ? null : await appendAll(session, draft.events, { head });
    await answer(io, options, session, { draft, summary });
    return exitCodes.ok;
  });
}

async function answer(
  io: Io,
  options: TokenFlags,
  { program }: Session,
  { draft, summary }: { readonly draft: Draft; readonly summary: IngestSummary | null },
): Promise<void> {
  const dryRun = options.dryRun === true;
  if (options.json === true) {
    const events = draft.events.map(eventJson);
    const facts = { program, events, recorded: summary !== null, dryRun, seq: summary?.events ?? null };
    await io.stdout.write(`${json(facts)}\n`);
  } else if (options.quiet !== true) {
    const verb = dryRun ? 'would record' : 'recorded';
    const lines = draft.lines.map((line, index) => `${verb} ${line} (event ${draft.events[index]!.key})`);
    for (const line of summary === null ? ['it is so already: nothing changed'] : lines)
      await io.stdout.write(`${visible(line)}\n`);
    for (const note of draft.notes) await io.stderr.write(`note: ${visible(note)}\n`);
  }
}
