import { execFileSync, type StdioOptions } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';

/** What differs from a commit without parents and files, by ada, at the first second. */
export interface NewCommit {
  readonly parents?: readonly string[];
  /** All files, by path; at most one folder deep. */
  readonly files?: Readonly<Record<string, string>>;
  /** Name and e-mail in brackets. */
  readonly author?: string | Buffer;
  /** As it stands in the commit: seconds and zone. */
  readonly time?: string;
  /** Lines between the committer and the message. */
  readonly headers?: string;
  readonly message?: string | Buffer;
}

export const ada = 'Ada <ada@example.org>';
export const bo = 'Bo <bo@example.org>';

/**
 * A repository in a temporary folder, made by `git init`; its objects are written here, one file each, as git does it, so that a
 * history of many commits, or of odd ones, takes no time. `git` runs the program in it, with fixed people and dates.
 */
export class Repository {
  readonly folder = mkdtempSync(join(tmpdir(), 'prorata-git-'));
  readonly #objects: string;

  constructor({ bare = true }: { readonly bare?: boolean } = {}) {
    this.git('init', '-q', '-b', 'main', ...(bare ? ['--bare'] : []), this.folder);
    this.#objects = join(this.folder, bare ? 'objects' : '.git/objects');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  git(...args: readonly string[]): string {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
    const env = {
      ...Object.fromEntries(inherited),
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.org',
      GIT_AUTHOR_DATE: '1700000000 +0000',
      GIT_COMMITTER_NAME: 'Cy',
      GIT_COMMITTER_EMAIL: 'cy@example.org',
      GIT_COMMITTER_DATE: '1700009999 +0200',
    };
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
    return execFileSync('git', ['-C', this.folder, ...args], { env, encoding: 'utf8', stdio }).trimEnd();
  }

  commit({ parents = [], files = {}, author = ada, time = '1 +0000', headers = '', message = 'x' }: NewCommit): string {
    const lines = [`tree ${this.#tree(files)}\n`, ...parents.map((parent) => `parent ${parent}\n`), 'author '];
    const rest = ` ${time}\ncommitter Cy <cy@example.org> 9 +0000\n${headers}\n`;
    return this.#write('commit', [lines.join(''), author, rest, message]);
  }

  /** Makes a branch, or moves it. */
  branch(name: string, commit: string): void {
    const path = join(dirname(this.#objects), 'refs/heads', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${commit}\n`);
  }

  /** Where an object lies. */
  pathOf = (id: string): string => join(this.#objects, id.slice(0, 2), id.slice(2));

  #tree(files: Readonly<Record<string, string>>): string {
    const folders = new Map<string, Record<string, string>>();
    const entries: [name: string, mode: string, id: string][] = [];
    for (const [path, text] of Object.entries(files)) {
      const [folder, file] = path.split('/') as [string, string?];
      if (file === undefined) entries.push([folder, '100644', this.#write('blob', [text])]);
      else folders.set(folder, { ...folders.get(folder), [file]: text });
    }
    for (const [name, inner] of folders) entries.push([name, '40000', this.#tree(inner)]);
    const key = ([name, mode]: readonly string[]): string => (mode === '40000' ? `${name}/` : name!);
    entries.sort((a, b) => (key(a) < key(b) ? -1 : 1));
    return this.#write(
      'tree',
      entries.flatMap(([name, mode, id]) => [`${mode} ${name}\0`, Buffer.from(id, 'hex')]),
    );
  }

  #write(type: string, parts: readonly (string | Buffer)[]): string {
    const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
    const bytes = Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]);
    const id = createHash('sha1').update(bytes).digest('hex');
    const path = this.pathOf(id);
    if (existsSync(path)) return id;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, deflateSync(bytes, { level: 1 }));
    return id;
  }
}
