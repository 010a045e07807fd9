import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { invariantNames } from '../src/app/verify.ts';
import { programSchemaJson } from '../src/config/schema.ts';
import { fileFieldsOf, fileKinds } from '../src/core/events/file-kinds.ts';
import * as api from '../src/index.ts';

/*
 * What the documents say is tried: every relative link leads somewhere, every named invariant has its row, every page can
 * be reached from the index in two steps, and the examples run.
 *
 * An example is a fenced block whose first line is `# tested` (sh) or `// tested` (js, ts). It runs in a folder that the
 * examples of one page share, in their order; the fenced block `text` right behind it is what it prints. There a line `...`
 * stands for any lines, and `...` within a line for any text.
 */

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pages = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })]
  .map((path) => path.replaceAll('\\', '/'))
  .sort();

const linksOf = (page: string, text: string): string[] =>
  [...text.replace(/^```[\s\S]*?^```|`[^`\n]*`/gm, '').matchAll(/\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g)]
    .map((found) => found[1]!)
    .filter((link) => !/^\w+:/.test(link))
    .map((link) => posix.join(posix.dirname(page), link));

/** Codes of `invariant(condition, 'code')` and `new InvariantError('code')`, comments left out. */
const invariantCodesIn = (text: string): string[] =>
  [
    ...text
      .replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '')
      .matchAll(/\binvariant\([^;]*?,\s*'([a-z]+(?:[-.][a-z]+)*)'|\bInvariantError\(\s*'([a-z]+(?:[-.][a-z]+)*)'/g),
  ].map((found) => (found[1] ?? found[2])!);

const rowsOf = (text: string): string[] => [...text.matchAll(/^\|\s*`([^`\s]+)`/gm)].map((found) => found[1]!);

interface Schema {
  readonly properties?: Record<string, Schema>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
}

/** Paths of the keys that hold values: `a.b`, `list[].c`; `pools.X.d` below the names that a program chooses itself. */
function keysOf(schema: Schema, path: string): string[] {
  if (schema.items?.properties) return [path, ...keysOf(schema.items, `${path}[]`)];
  const named = schema.additionalProperties;
  if (typeof named === 'object' && named.properties) return [path, ...keysOf(named, `${path}.X`)];
  if (!schema.properties) return [path];
  return Object.entries(schema.properties).flatMap(([name, inner]) =>
    keysOf(inner, path === '' ? name : `${path}.${name}`),
  );
}

interface Block {
  readonly language: string;
  readonly text: string;
  readonly line: number;
}

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((found) => ({
    language: found[1]!,
    text: found[2]!,
    line: text.slice(0, found.index).split('\n').length,
  }));
}

const isTested = (block: Block): boolean => /^(?:#|\/\/) tested\n/.test(block.text);

/** `...` as a line: any lines; within a line: any text. Blanks at line ends do not count. */
function matcherOf(expected: string): RegExp {
  const lines = expected.trimEnd() === '' ? [] : expected.trimEnd().split('\n');
  const pattern = lines
    .map((line) =>
      line.trim() === '...'
        ? '(?:[^\n]*\n)*?'
        : `${line
            .trimEnd()
            .split('...')
            .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
            .join('[^\n]*')}[ \t]*\n`,
    )
    .join('');
  return new RegExp(`^${pattern}$`);
}

/** Commands start in less than half the time when what they compile is kept: there are some two hundred of them. */
const compileCache = process.env['NODE_COMPILE_CACHE'] ?? mkdtempSync(join(tmpdir(), 'prorata-docs-cache-'));

const addresses = {
  prorata: pathToFileURL(join(root, 'src/index.ts')).href,
  'prorata/documents': pathToFileURL(join(root, 'src/documents/index.ts')).href,
  '@automerge/automerge': import.meta.resolve('@automerge/automerge'),
};

/** Runs a block in `folder`; returns what it printed, both channels in one. */
async function run(block: Block, folder: string): Promise<string> {
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    NO_COLOR: '1',
    NODE_COMPILE_CACHE: compileCache,
    PRORATA_BIN: join(root, 'bin/prorata.js'),
  };
  const options = { cwd: folder, env, timeout: 60_000 };
  const body = block.text.slice(block.text.indexOf('\n') + 1);
  try {
    if (block.language === 'sh') {
      const prorata = 'prorata() { node "$PRORATA_BIN" "$@"; }; npx() { shift; prorata "$@"; }; exec 2>&1 </dev/null';
      return (await execute('bash', ['-c', `${prorata}\n${body}`], options)).stdout;
    }
    // The package's names stand for this checkout; beside it lies the library that is optional.
    const source = Object.entries(addresses).reduce(
      (text, [name, address]) => text.replaceAll(`from '${name}'`, `from '${address}'`),
      body,
    );
    const file = `example-${block.line}.${block.language === 'ts' ? 'mts' : 'mjs'}`;
    writeFileSync(join(folder, file), source);
    return (await execute(process.execPath, ['--disable-warning=ExperimentalWarning', file], options)).stdout;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string };
    if (block.language === 'sh' && stdout !== '') return stdout; // a command that is shown to fail
    throw new Error(`${message}\n${stdout}${stderr}`, { cause: error });
  }
}

describe('test/docs', () => {
  it('judges its own examples: links, codes, rows, and what an example printed', () => {
    assert.deepEqual(linksOf('docs/a/x.md', '[a](../b.md#c) [b](https://example.org) `[c](d.md)`\n'), ['docs/b.md']);
    assert.deepEqual(
      invariantCodesIn("invariant(a(b) >= 0n, 'a.b-c', {});\n// invariant(x, 'd.e')\nnew InvariantError('f.g', 'x')"),
      ['a.b-c', 'f.g'],
    );
    assert.deepEqual(rowsOf('| Name | x |\n| --- | --- |\n| `a.b` | `c.d` |\n'), ['a.b']);
    assert.match('one\ntwo\nthree 3\n', matcherOf('one\n...\nthree ...'));
    assert.doesNotMatch('one\ntwo\n', matcherOf('one'));
    assert.doesNotMatch('one\n', matcherOf('two\n...'));
    assert.match('', matcherOf(''));
    assert.doesNotMatch('one\n', matcherOf(''));
  });

  it('follows links that lead somewhere', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page, read(page))
        .filter((target) => !existsSync(join(root, target)))
        .map((target) => `${page}: ${target}`),
    );
    assert.equal(broken.join('\n'), '');
  });

  it('has an index from which every page is two steps away', () => {
    const reached = new Set(['docs/README.md', ...linksOf('docs/README.md', read('docs/README.md'))]);
    for (const page of [...reached])
      if (pages.includes(page)) for (const link of linksOf(page, read(page))) reached.add(link);
    assert.deepEqual(
      pages.filter((page) => page.startsWith('docs/') && !reached.has(page)),
      [],
    );
  });

  it('has a row in docs/invariants.md for every named invariant, and no other', () => {
    const sources = globSync('src/{core,app,stores}/**/*.ts', { cwd: root }).filter(
      (path) => !path.endsWith('.test.ts'),
    );
    const named = new Set([...invariantNames, ...sources.flatMap((path) => invariantCodesIn(read(path)))]);
    assert.ok(named.size > invariantNames.length);
    assert.deepEqual(rowsOf(read('docs/invariants.md')).toSorted(), [...named].toSorted());
  });

  it('has every key of prorata.yaml in docs/reference/configuration.md, and no other', () => {
    assert.deepEqual(
      rowsOf(read('docs/reference/configuration.md')).toSorted(),
      keysOf(programSchemaJson() as Schema, '').toSorted(),
    );
  });

  it('has every kind of event with its own fields in docs/reference/events.md', () => {
    const rows = read('docs/reference/events.md').split('\n');
    const common = ['kind', 'key', 'time', 'by', 'block']; // of all facts, said above their table
    for (const kind of fileKinds) {
      const row = rows.find((line) => line.startsWith('|') && line.split('|')[1]!.includes(`\`${kind}\``));
      assert.ok(row, `no row of ${kind}`);
      const missing = [...fileFieldsOf(kind)!].filter((name) => !common.includes(name) && !row.includes(`\`${name}\``));
      assert.deepEqual(missing, [], kind);
    }
  });

  it('names every method of the engine and every function of the package in docs/reference/api.md', () => {
    const page = read('docs/reference/api.md');
    const methods = Object.getOwnPropertyNames(api.Engine.prototype).filter((name) => name !== 'constructor');
    const missing = [...methods, ...Object.keys(api)].filter((name) => !new RegExp(`\\b${name}\\b`).test(page));
    assert.deepEqual(missing, []);
  });

  describe('examples', { concurrency: 2 }, () => {
    const folders = process.env['NODE_COMPILE_CACHE'] === undefined ? [compileCache] : [];
    after(() => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    });
    for (const page of pages) {
      const blocks = blocksOf(read(page));
      if (!blocks.some(isTested)) continue;
      it(`of ${page} print what it says`, async () => {
        const folder = mkdtempSync(join(tmpdir(), 'prorata-docs-'));
        folders.push(folder);
        for (const [index, block] of blocks.entries()) {
          if (!isTested(block)) continue;
          const printed = await run(block, folder);
          const expected = blocks[index + 1]?.language === 'text' ? blocks[index + 1]!.text : '';
          assert.match(printed, matcherOf(expected), `${page}:${block.line} printed:\n${printed}`);
        }
      });
    }
  });
});
