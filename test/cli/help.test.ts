import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { commands, groups } from '../../src/cli/commands.ts';
import { Cli, communityCli, marketCli, settledCli, wordsOf } from './harness.ts';

const run = promisify(execFile);

const root = join(import.meta.dirname, '../..');
/** Commands of a group share a page. */
const pageOf = (name: string): string => join(root, 'docs/reference/commands', `${name.split(' ')[0]}.md`);

describe('test/cli/help', () => {
  let prepared: Cli;
  let market: Cli;
  let community: Cli;
  before(async () => {
    [prepared, market, community] = [await settledCli(), await marketCli(), await communityCli()];
  });
  after(() => {
    prepared[Symbol.dispose]();
    market[Symbol.dispose]();
    community[Symbol.dispose]();
  });

  it('lists every command, with what it is for', async () => {
    const help = await prepared.ok('--help');
    assert.match(help, /^Usage: prorata /);
    for (const { name, summary } of commands) {
      const [word = '', within] = name.split(' ');
      const shown = within === undefined ? { name, summary } : { name: word, summary: groups[word]!.summary };
      assert.ok(help.includes(shown.name) && help.includes(shown.summary), name);
    }
    assert.equal(await prepared.ok('-h'), help);
    assert.equal(await prepared.ok('--version'), '9.9.9\n');
  });

  for (const { name, description, examples, model, options = [] } of commands) {
    describe(name, () => {
      it('has a help with description, options and examples', async () => {
        const help = await prepared.ok(`${name} --help`);
        assert.match(help, new RegExp(`^Usage: prorata ${name} `));
        assert.ok(help.replace(/\s+/g, ' ').includes(description.replace(/\s+/g, ' ')));
        for (const [flags] of options) assert.ok(help.includes(flags), flags);
        for (const example of examples) assert.ok(help.includes(example), example);
        assert.ok(help.includes('--json'), 'the options of every command');
        const words = name.split(' ');
        assert.equal(await prepared.ok([...words.slice(0, -1), 'help', words.at(-1)!]), help);
      });

      it('has examples that work', async () => {
        assert.ok(examples.length > 0);
        for (const example of examples) {
          using cli = new Cli();
          cpSync({ crown: market, cred: community, 'stake-time': prepared }[model ?? 'stake-time'].folder, cli.folder, {
            recursive: true,
          });
          for (const line of example.split(' && ')) await shell(cli, line);
        }
      });

      it('has a page that names every option, and whose examples are tested', () => {
        assert.ok(existsSync(pageOf(name)), `there is no docs/reference/commands/${name}.md`);
        const page = readFileSync(pageOf(name), 'utf8');
        const [word, within] = name.split(' ');
        assert.match(page, new RegExp(`^# prorata ${word}\n`));
        if (within !== undefined) assert.match(page, new RegExp(`^## ${name}$`, 'm'));
        assert.match(page, /^```sh\n# tested$/m);
        for (const [flags] of options) {
          const flag = /--[\w-]+/.exec(flags)![0];
          assert.ok(page.includes(`\`${flag}`), `${flag} is not on the page`);
        }
      });
    });
  }

  it('has no page of a command that is not there', () => {
    const names = new Set(commands.map(({ name }) => `${name.split(' ')[0]}.md`));
    const strays = globSync('*.md', { cwd: join(root, 'docs/reference/commands') }).filter((file) => !names.has(file));
    assert.deepEqual(strays, ['README.md']);
  });
});

/** The little of a shell that examples need: `< FILE` and `> FILE` at the end. */
async function shell(cli: Cli, line: string): Promise<void> {
  if (line.startsWith('prorata compare')) {
    // It measures in processes of its own, and begins them as it was begun itself.
    const { stdout } = await run(process.execPath, [join(root, 'bin/prorata.js'), ...wordsOf(line).slice(1)], {
      cwd: cli.folder,
    });
    assert.notEqual(stdout, '');
    return;
  }
  if (line.startsWith('prorata serve')) {
    // It serves until it is told to end, which here it is from the beginning.
    assert.match(await cli.ok(line, { signal: AbortSignal.abort() }), /http:\/\/127\.0\.0\.1:\d+/);
    return;
  }
  const found = /^(.*?)(?: ([<>]) (\S+))?$/.exec(line)!;
  const [, command, sign, file] = found;
  const out = await cli.ok(command!, sign === '<' ? { stdin: cli.read(file!) } : {});
  assert.notEqual(out, '', `${line} says nothing`);
  if (sign === '>') cli.write(file!, out);
}
