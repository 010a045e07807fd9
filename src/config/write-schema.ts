import { mkdirSync, writeFileSync } from 'node:fs';
import { programSchemaJson } from './schema.ts';

/** Writes schema/program.schema.json: `node src/config/write-schema.ts` after every change of schema.ts. */
const folder = new URL('../../schema/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('program.schema.json', folder), `${JSON.stringify(programSchemaJson(), null, 2)}\n`);
