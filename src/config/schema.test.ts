import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { programSchemaJson } from './schema.ts';

describe('src/config/schema', () => {
  it('is the one in schema/program.schema.json (else: node src/config/write-schema.ts)', () => {
    const file = readFileSync(new URL('../../schema/program.schema.json', import.meta.url), 'utf8');
    assert.equal(file, `${JSON.stringify(programSchemaJson(), null, 2)}\n`);
  });

  it('refuses unknown keys and describes every key for editors', () => {
    const { properties, additionalProperties } = programSchemaJson() as {
      properties: Record<string, { description?: string }>;
      additionalProperties: boolean;
    };
    assert.equal(additionalProperties, false);
    for (const [key, { description }] of Object.entries(properties)) assert.ok(description, key);
  });
});
