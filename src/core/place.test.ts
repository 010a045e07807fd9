import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isServerUrl, withoutPassword } from './place.ts';

describe('src/core/place', () => {
  it('tells a server from a path', () => {
    for (const url of ['postgres://h/d', 'postgresql://u:p@h:1/d?x=y', 'POSTGRES://h'])
      assert.ok(isServerUrl(url), url);
    for (const path of ['postgres', 'postgres.db', 'sqlite:postgres://', '/postgres://x', 'memory'])
      assert.ok(!isServerUrl(path), path);
  });

  it('leaves the password out, whatever is in it, and nothing else', () => {
    const told: readonly (readonly [string, string])[] = [
      ['postgres://u:secret@h:5432/d?schema=x', 'postgres://u@h:5432/d?schema=x'],
      ['postgres://u:se:c@r?e#t@h/d', 'postgres://u@h/d'],
      ['postgresql://u:secret@h', 'postgresql://u@h'],
      ['postgres://u@h/d?password=secret&schema=x', 'postgres://u@h/d?password=&schema=x'],
      ['postgres://h:5432/d', 'postgres://h:5432/d'],
      ['postgres://[::1]:5432/d', 'postgres://[::1]:5432/d'],
      ['/var/a:b@c/store.db', '/var/a:b@c/store.db'],
    ];
    for (const [url, shown] of told) assert.equal(withoutPassword(url), shown);
  });
});
