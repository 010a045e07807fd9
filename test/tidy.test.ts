import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { describe, it } from 'node:test';

/*
 * The few house rules that a program can judge. Each is tried on a bad example first, which it must find, and on a good
 * one, which it must let pass. They read text, not syntax trees: good enough to keep honest people honest.
 */

const root = join(import.meta.dirname, '..');

interface Rule {
  readonly name: string;
  readonly applies: (path: string) => boolean;
  /** What is wrong with a file, in words, with the offset where it is. */
  readonly judge: (path: string, text: string) => readonly Finding[];
  readonly bad: readonly (readonly [path: string, text: string])[];
  readonly good: readonly (readonly [path: string, text: string])[];
}

interface Finding {
  readonly offset: number;
  readonly message: string;
}

const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
const blank = (text: string): string => text.replace(/[^\n]/g, ' ');
const withoutComments = (text: string): string =>
  text.replace(tokens, (token) => (token.startsWith('/') ? blank(token) : token));
/** Of a template the text goes, and with it what stands in its `${}`; offsets stay as they were. */
const withoutCommentsAndTexts = (text: string): string => text.replace(tokens, blank);

const isTest = (path: string): boolean => path.endsWith('.test.ts');
const isWeb = (path: string): boolean => /^web\/src\/.*\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path);
const isSource = (path: string): boolean => path.startsWith('src/') && path.endsWith('.ts') && !isTest(path);

/** Words that must not occur outside comments and texts. */
function without(words: RegExp, why: string): Rule['judge'] {
  return (_, text) =>
    [...withoutCommentsAndTexts(text).matchAll(words)].map((found) => ({
      offset: found.index,
      message: `"${found[0]}": ${why}`,
    }));
}

// Imports point one way: core <- app <- adapters, cli <- main.

/** What the files of a folder may import: files of this checkout by their paths; packages, and Node's modules, by name. */
interface Layer {
  readonly from: RegExp;
  readonly packages: 'any' | readonly string[];
}

/** The first that matches a path holds for it. A new folder needs a line here, and a thought. */
const layers: readonly (readonly [RegExp, Layer])[] = [
  [/^src\/core\//, { from: /^src\/core\//, packages: [] }],
  [/^src\/app\//, { from: /^src\/(core|app)\//, packages: ['node:crypto'] }],
  // Adapters do not know each other. Stores share what lies right in their common folder.
  ...['memory', 'sqlite', 'postgres', '[\\w-]+\\.ts$'].map((store): readonly [RegExp, Layer] => [
    new RegExp(`^src/stores/${store}`),
    { from: new RegExp(`^src/(core/|app/ports\\.ts$|stores/(${store}|[\\w-]+\\.ts$))`), packages: 'any' },
  ]),
  [/^src\/sources\//, { from: /^src\/(core\/|app\/ports\.ts$|sources\/)/, packages: 'any' }],
  // Of sources it knows what a record is; nothing else here may know the library of documents.
  [/^src\/documents\//, { from: /^src\/(core\/|documents\/|sources\/graph\/record\.ts$)/, packages: 'any' }],
  [/^src\/exporters\//, { from: /^src\/(core\/|app\/ports\.ts$|exporters\/)/, packages: 'any' }],
  [/^src\/config\//, { from: /^src\/(core|config)\//, packages: 'any' }],
  // What the front doors say as JSON, so that they say the same; they do not know each other.
  [/^src\/views\//, { from: /^src\/(core|app|views)\//, packages: [] }],
  [/^src\/cli\//, { from: /^src\/(core|app|config|views|cli)\//, packages: 'any' }],
  // A client of the HTTP API like any other: of the engine it has the way numbers are written.
  [/^web\//, { from: /^(src\/core|web)\//, packages: 'any' }],
  [/^src\/http\//, { from: /^src\/(core|app|views|http)\//, packages: 'any' }],
  // Threads of their own: each puts together what it needs.
  [/^src\/threads\//, { from: /^src\/(core|app|views|index\.ts$|threads)/, packages: 'any' }],
  // The two places where everything comes together: the command, and the package.
  [/^src\/(main|index)\.ts$/, { from: /^src\//, packages: 'any' }],
];

const importPattern = /(?:^[ \t]*(?:import|export)\s(?:[^;'"=]*?\bfrom\s+)?|\bimport\(\s*)'([^'\n]+)'/gm;

function judgeImports(path: string, text: string): Finding[] {
  const layer = layers.find(([paths]) => paths.test(path))?.[1];
  if (!layer) return [{ offset: 0, message: 'belongs to no layer; give its folder a line in test/tidy.test.ts' }];
  return [...withoutComments(text).matchAll(importPattern)].flatMap((found) => {
    const name = found[1]!;
    const target = name.startsWith('.') ? posix.join(posix.dirname(path), name) : undefined;
    const allowed = target ? layer.from.test(target) : layer.packages === 'any' || layer.packages.includes(name);
    return allowed ? [] : [{ offset: found.index, message: `must not import ${target ?? name}` }];
  });
}

/** Calls that make an error or a refusal, with the code they name. */
const codePattern = /\b\w*(?:Error|[rR]efus(?:e|al|ed)|[rR]eject(?:ed)?)\(\s*'([a-z]+(?:[-.][a-z]+)*)'/g;

function codesIn(text: string): string[] {
  return [...withoutComments(text).matchAll(codePattern)].map((found) => found[1]!);
}

/** Codes of `invariant(condition, 'code')`: a defect of ours, whose row is welcome but not asked for. */
const invariantCodesIn = (text: string): string[] =>
  [...withoutComments(text).matchAll(/\binvariant\((?:[^;]*?,)\s*'([a-z]+(?:[-.][a-z]+)*)'/g)].map(
    (found) => found[1]!,
  );

/** Codes that open a row of a table: | `code` | ... */
const codesDocumented = (text: string): string[] => [...text.matchAll(/^\|\s*`([^`\s]+)`/gm)].map((found) => found[1]!);

const strayInRoot = (paths: readonly string[]): string[] => {
  const known = new Set([
    ...['.ci', 'bench', 'bin', 'docs', 'schema', 'scripts', 'src', 'test', 'tools', 'web'],
    ...['.gitignore', '.npmrc', '.oxfmtrc.json', '.oxlintrc.json', 'package.json', 'package-lock.json'],
    ...['tsconfig.json', 'tsconfig.build.json', 'LICENSE', 'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md'],
  ]);
  return [...new Set(paths.map((path) => path.split('/')[0]!))].filter((name) => !known.has(name));
};

/** Where this checkout lies, and where people's homes do. The folder above is left out when it is nobody's, say /tmp. */
const machinePaths = [root, homedir(), ...(dirname(root).length > 1 && !/^\/tmp\b/.test(root) ? [dirname(root)] : [])]
  .map((path) => path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  .concat('/home/\\w+', '/Users/\\w+');
const machinePattern = new RegExp(`(?<![\\w.])(?:${machinePaths.join('|')})(?![\\w])`, 'g');

const rules: readonly Rule[] = [
  {
    name: 'imports point one way: core <- app <- adapters, cli <- main',
    applies: (path) => isSource(path) || isWeb(path),
    judge: judgeImports,
    bad: [
      ['src/core/money/amount.ts', "import { readFileSync } from 'node:fs';"],
      ['src/core/money/amount.ts', "import { z } from 'zod';"],
      ['src/core/money/amount.ts', "import type { Store } from '../../app/ports.ts';"],
      ['src/core/money/amount.ts', "import {\n  a,\n  b,\n} from '../../app/ports.ts';"],
      ['src/core/money/amount.ts', "export * from '../../app/ports.ts';"],
      ['src/app/step.ts', "const { open } = await import('../stores/sqlite/open.ts');"],
      ['src/app/step.ts', "import { readFile } from 'node:fs/promises';"],
      ['src/stores/sqlite/open.ts', "import { x } from '../memory/x.ts';"],
      ['src/stores/changes.ts', "import { x } from './memory/x.ts';"],
      ['src/stores/sqlite/open.ts', "import { step } from '../../app/step.ts';"],
      ['src/exporters/csv.ts', "import { x } from '../sources/csv.ts';"],
      ['web/src/api/client.ts', "import type { Engine } from '../../../src/app/engine.ts';"],
      ['src/cli/status.ts', "import { x } from '../stores/sqlite/open.ts';"],
      ['src/app/step.ts', "import { x } from '../http/server.ts';"],
      ['src/cli/serve.ts', "import { x } from '../http/server.ts';"],
      ['src/http/server.ts', "import { x } from '../cli/print.ts';"],
      ['src/elsewhere/x.ts', ''],
    ],
    good: [
      [
        'src/core/money/amount.ts',
        "// import { x } from 'node:fs';\nimport { InvalidInputError } from '../errors.ts';\nexport const a = '1';",
      ],
      ['src/stores/sqlite/open.ts', "import 'node:sqlite';\nimport type { Store } from '../../app/ports.ts';"],
      ['src/stores/sqlite/tx.ts', "import { x } from '../changes.ts';\nimport { y } from './y.ts';"],
      ['src/main.ts', "import { open } from './stores/sqlite/open.ts';"],
    ],
  },
  {
    name: 'the core knows no clock, randomness, environment or promises',
    applies: (path) => isSource(path) && path.startsWith('src/core/'),
    judge: without(
      /\b(?:Date\.now|new Date\(\)|performance\.|Math\.random|crypto\.|process\.|globalThis|setTimeout|async|await|Promise)\b|new Date\(\)/g,
      'the core is pure, pass it in',
    ),
    bad: [
      'Date.now();',
      'new Date();',
      'Math.random();',
      'process.env.X;',
      'async () => 1;',
      'type P = Promise<void>;',
    ].map((text) => ['src/core/x.ts', text]),
    good: [
      [
        'src/core/x.ts',
        "/** Says Date.now() and await. */\nconst text = 'Math.random(), await';\nconst processed = new Date(0);",
      ],
    ],
  },
  {
    name: 'nothing depends on a locale',
    applies: isSource,
    judge: without(/\b(?:localeCompare|toLocale\w+|Intl)\b/g, 'depends on the locale'),
    bad: ['a.localeCompare(b);', 'x.toLocaleString();', 'new Intl.NumberFormat();'].map((text) => [
      'src/cli/x.ts',
      text,
    ]),
    good: [['src/cli/x.ts', '// never localeCompare']],
  },
  {
    name: 'no file is loaded by an address ending in .ts, which does not exist in the package',
    applies: isSource,
    judge: (_, text) =>
      [...withoutComments(text).matchAll(/new URL\(\s*'[^']*\.ts'/g)].map((found) => ({
        offset: found.index,
        message: `${found[0]}: take the ending from import.meta.url`,
      })),
    bad: [['src/cli/x.ts', "new Worker(new URL('./worker.ts', import.meta.url));"]],
    good: [['src/cli/x.ts', "new URL('./template.yaml', import.meta.url);"]],
  },
  {
    name: 'the outer describe of a test is the path of its file',
    applies: isTest,
    judge: (path, text) => {
      const found = [...text.matchAll(/^(?:describe|suite|it|test)\(\s*(['"`])(.*?)\1/gm)];
      const wanted = path.replace(/\.test\.ts$/, '');
      if (found.length === 0) return [{ offset: 0, message: `has no outer describe('${wanted}', ...)` }];
      return found.flatMap(({ 2: name, index }) =>
        name === wanted ? [] : [{ offset: index, message: `"${name}" should be "${wanted}"` }],
      );
    },
    bad: [
      ['src/core/x.test.ts', "describe('x', () => {});"],
      ['src/core/x.test.ts', "it('does something', () => {});"],
      ['src/core/x.test.ts', ''],
    ],
    good: [['src/core/x.test.ts', "describe('src/core/x', () => {\n  describe('inner', () => {});\n});"]],
  },
  {
    name: 'a test that is left out says why, and none runs alone',
    applies: isTest,
    judge: (_, text) =>
      [
        ...withoutCommentsAndTexts(text).matchAll(
          /\b(?:describe|it|test|suite)\.(?:only|skip|todo)\b|\b(?:only|skip|todo): true\b/g,
        ),
      ].map((found) => ({
        offset: found.index,
        message: `"${found[0]}": use { skip: reason }`,
      })),
    bad: ["it.only('x', () => {});", "it('x', { skip: true }, () => {});"].map((text) => ['src/core/x.test.ts', text]),
    good: [['src/core/x.test.ts', "it('x', { skip: reason }, () => {});"]],
  },
  {
    name: 'what is left to do names its issue',
    applies: (path) => /\.(?:ts|js|mjs|md|yaml)$/.test(path) && path !== 'test/tidy.test.ts',
    judge: (_, text) =>
      [...text.matchAll(/\b(?:TODO|FIXME|XXX)\b(?!\(#\d+\))/g)].map((found) => ({
        offset: found.index,
        message: `"${found[0]}" without (#issue)`,
      })),
    bad: [['src/x.ts', '// TODO: later']],
    good: [['src/x.ts', '// TODO(#12): later']],
  },
  {
    name: 'no path of a machine is in a file',
    applies: (path) => /\.(?:\w*js|ts|json|md|yaml|csv)$|^\.ci\/|^\.\w+rc$/.test(path) && path !== 'test/tidy.test.ts',
    judge: (_, text) =>
      [...text.matchAll(machinePattern)].map((found) => ({ offset: found.index, message: `"${found[0]}"` })),
    bad: [
      ['docs/x.md', `see ${root}/docs`],
      ['docs/x.md', 'in /home/someone/x'],
    ],
    good: [['docs/x.md', 'in ./docs or /usr/bin/env, at https://example.org/home/x']],
  },
  {
    name: 'links between documents lead somewhere',
    applies: (path) => path.endsWith('.md'),
    judge: (path, text) =>
      [...text.replace(/^```[\s\S]*?^```|`[^`\n]*`/gm, blank).matchAll(/\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g)].flatMap(
        (found) => {
          const link = found[1]!;
          if (/^\w+:/.test(link) || existsSync(join(root, posix.dirname(path), link))) return [];
          return [{ offset: found.index, message: `there is no ${link}` }];
        },
      ),
    bad: [['docs/x.md', '[a](no-such-file.md)']],
    good: [['docs/x.md', '[a](../package.json), [b](https://example.org), `[c](d.md)`']],
  },
  {
    name: 'files and folders that documents name are there',
    applies: (path) => path.endsWith('.md') && !path.startsWith('test/vectors/') && path !== 'CHANGELOG.md',
    judge: (_, text) =>
      [...text.matchAll(/`((?:src|test|docs|bench|scripts|tools|bin|schema)\/[\w./-]*)`/g)].flatMap((found) =>
        existsSync(join(root, found[1]!)) ? [] : [{ offset: found.index, message: `there is no ${found[1]}` }],
      ),
    bad: [['docs/x.md', 'see `src/no-such-file.ts`']],
    good: [['docs/x.md', 'see `src/core` and `src/stores/<name>/`']],
  },
];

/** Files of the checkout: what git tracks or would track; all but the obvious where there is no git. */
function listFiles(): string[] {
  const git = existsSync(join(root, '.git'));
  const names = git
    ? execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
        cwd: root,
        encoding: 'utf8',
      }).split('\0')
    : globSync('**/*', { cwd: root, exclude: (name) => ['node_modules', 'dist', 'coverage'].includes(name) });
  return [...new Set(names)]
    .filter((name) => name !== '' && statSync(join(root, name), { throwIfNoEntry: false })?.isFile())
    .sort();
}

const files = listFiles();
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

describe('test/tidy', () => {
  for (const { name, applies, judge, bad, good } of rules) {
    describe(name, () => {
      it('finds the bad examples and lets the good ones pass', () => {
        for (const [path, text] of bad) {
          assert.ok(judge(path, text).length > 0, `not found in ${path}: ${text}`);
          assert.ok(applies(path), path);
        }
        for (const [path, text] of good) assert.deepEqual(judge(path, text), [], `found in ${path}: ${text}`);
      });

      it('holds in every file', () => {
        const paths = files.filter(applies);
        assert.ok(paths.length > 0, 'looked at no file');
        const found = paths.flatMap((path) => {
          const text = read(path);
          return judge(path, text).map(({ offset, message }) => `${path}:${lineOf(text, offset)} ${message}`);
        });
        assert.equal(found.join('\n'), '');
      });
    });
  }

  describe('error codes', () => {
    it('are found where an error or a refusal is made, also over several lines, and not in comments', () => {
      assert.deepEqual(
        codesIn(
          "throw new InvalidInputError('a-b', 'x');\nreturn refuse(\n  'c-d', 'x');\n// refuse('e-f')\nrejected('g.h'); f('i-j'); new Error('No, not this.');",
        ),
        ['a-b', 'c-d', 'g.h'],
      );
      assert.deepEqual(invariantCodesIn("invariant(a(b, c) > 0n, 'a.b-c', { x });"), ['a.b-c']);
      assert.deepEqual(codesDocumented('| Code | Cause |\n| --- | --- |\n| `a-b` | says `c-d` |\n'), ['a-b']);
    });

    const page = 'docs/reference/errors.md';
    const texts = files.filter(isSource).map(read);

    it(`have a row in ${page} each`, () => {
      const documented = new Set(existsSync(join(root, page)) ? codesDocumented(read(page)) : []);
      const missing = [...new Set(texts.flatMap(codesIn))].filter((code) => !documented.has(code)).sort();
      assert.equal(missing.join('\n'), '', `codes without a row in ${page}`);
    });

    it(`in ${page} are all in use, each in one row`, () => {
      const documented = existsSync(join(root, page)) ? codesDocumented(read(page)) : [];
      const used = new Set(texts.flatMap((text) => [...codesIn(text), ...invariantCodesIn(text)]));
      assert.equal(
        documented.filter((code) => !used.has(code)).join('\n'),
        '',
        `rows in ${page} of codes that nothing throws`,
      );
      assert.deepEqual(
        documented.filter((code, index) => documented.indexOf(code) !== index),
        [],
        'twice',
      );
    });
  });

  describe('the root folder', () => {
    it('holds nothing stray', () => {
      assert.deepEqual(strayInRoot(['notes.txt', 'src/index.ts', 'tmp2/x']), ['notes.txt', 'tmp2']);
      assert.deepEqual(strayInRoot(files), []);
    });

    it('has a README whose test command is the one that .ci/run runs', () => {
      const command = read('.ci/run').trimEnd().split('\n').at(-1)!;
      assert.equal(command, 'npm ci && npm test');
      assert.ok(
        read('README.md').split('\n').includes(command),
        `README.md does not say "${command}" on a line of its own`,
      );
    });
  });
});
