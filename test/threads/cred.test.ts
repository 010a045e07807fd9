import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type CredDesk, type CredQuestions, KeptCred } from '../../src/app/cred/desk.ts';
import { Engine } from '../../src/app/engine.ts';
import { ProrataError } from '../../src/core/errors.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { credThread } from '../../src/threads/cred.ts';
import { credProgram, day, idOf, node, story, sunday, week } from '../app/cred-small.ts';

describe('test/threads/cred', () => {
  let folder: string;
  let engine: Engine;
  let thread: CredDesk;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'prorata-thread-'));
    const path = join(folder, 'store.db');
    engine = new Engine(openSqliteStore({ path }));
    await engine.createProgram(credProgram());
    await engine.ingest('grain', [...story(), node('chat/9', sunday + day, { label: 'Who was First?' })]);
    await engine.advance('grain', { to: (sunday + 2 * week) * 1000 });
    thread = credThread(path);
  });

  after(async () => {
    await thread.close();
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('answers every question as the engine does where it is asked', async () => {
    const here = new KeptCred(engine);
    const rows = { skip: 0, limit: 10 };
    const questions: { readonly [Q in keyof CredQuestions]: CredQuestions[Q]['asked'] } = {
      persons: rows,
      person: { whom: 'ada', limit: 3 },
      explanation: { account: idOf('bo'), limit: 3 },
      sources: {},
      timeline: { ...rows, by: 'interval', whom: 'bo' },
      contributions: { ...rows, ofPeriod: false, search: 'was first' },
      contribution: { address: 'forum/post/1', limit: 2 },
      neighbourhood: { place: { person: 'ada' }, limit: 2 },
    };
    for (const period of [undefined, 1, 'running'] as const) {
      const of = { program: 'grain', ...(period === undefined ? {} : { period }) };
      for (const [question, asked] of Object.entries(questions)) {
        const name = question as keyof CredQuestions;
        assert.deepEqual(await thread.ask(name, of, asked), await here.ask(name, of, asked), question);
      }
    }
    const { found } = await thread.ask('contributions', { program: 'grain' }, questions.contributions);
    assert.deepEqual(
      found.map(({ address }) => address),
      ['chat/9'],
    );
  });

  it('gives back errors as what they are', async () => {
    const codeOf = async (work: Promise<unknown>): Promise<string> => {
      const error: unknown = await work.then(
        () => null,
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof ProrataError, String(error));
      return `${error.kind} ${error.code}`;
    };
    const of = { program: 'grain' };
    assert.deepEqual(
      [
        await codeOf(thread.ask('person', of, { whom: 'nobody', limit: 1 })),
        await codeOf(thread.ask('sources', { program: 'none' }, {})),
        await codeOf(thread.ask('sources', { ...of, period: 99 }, {})),
      ],
      ['not-found account-unknown', 'not-found program-unknown', 'not-found period-unknown'],
    );
    await assert.rejects(thread.ask('none' as 'sources', of, {}), TypeError);
  });

  it('lets go at once of whoever gives up', async () => {
    const stop = new AbortController();
    const asked = thread.ask('sources', { program: 'grain', period: 1 }, {}, stop.signal);
    stop.abort(new Error('gone'));
    await assert.rejects(asked, { message: 'gone' });
    await assert.rejects(thread.ask('sources', { program: 'grain' }, {}, stop.signal), { message: 'gone' });
    assert.equal((await thread.ask('sources', { program: 'grain', period: 1 }, {})).about.period, 1);
  });

  it('says what is wrong with a store that it cannot open', async () => {
    const none = credThread(join(folder, 'none.db'));
    await assert.rejects(none.ask('sources', { program: 'grain' }, {}), { code: 'store-not-found' });
    await none.close();
  });

  it('tells whoever waits, and whoever asks later, that it has ended', async () => {
    // One that has only begun cannot have answered.
    const ending = credThread(join(folder, 'store.db'));
    const asked = ending.ask('sources', { program: 'grain' }, {});
    const refused = assert.rejects(asked, { code: 'request-ended' });
    await ending.close();
    await refused;
    await assert.rejects(ending.ask('sources', { program: 'grain' }, {}), { code: 'request-ended' });
  });
});
