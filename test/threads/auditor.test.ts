import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OwnAuditor } from '../../src/app/auditor.ts';
import { Engine } from '../../src/app/engine.ts';
import { openSqliteStore } from '../../src/stores/sqlite/store.ts';
import { auditorThread } from '../../src/threads/auditor.ts';
import { settledCli } from '../cli/harness.ts';

const never = new AbortController().signal;

describe('test/threads/auditor', () => {
  it('finds what the engine finds where it is asked', async () => {
    using cli = await settledCli();
    const path = cli.path('prorata.db');
    const engine = new Engine(openSqliteStore({ path, create: false, readOnly: true }));
    const thread = auditorThread(path);
    assert.deepEqual(await thread.audit('acme', never), await new OwnAuditor(engine).audit('acme', never));
    await assert.rejects(thread.audit('none', never), { code: 'program-unknown' });
    await thread.close();
    await engine.close();
  });

  it('stops for whoever gives up, and runs again for whoever asks next', async () => {
    using cli = await settledCli();
    const thread = auditorThread(cli.path('prorata.db'));
    const stop = new AbortController();
    const asked = thread.audit('acme', stop.signal);
    stop.abort(new Error('gone'));
    await assert.rejects(asked, { message: 'gone' });
    await assert.rejects(thread.audit('acme', stop.signal), { message: 'gone' });
    assert.equal((await thread.audit('acme', never)).report.holds, true);
    await thread.close();
  });
});
