import { exitCodes } from './exit-codes.ts';
import { assertOwnFile, newFile, writeText } from './files.ts';
import type { Io } from './io.ts';
import { choiceOption, type GlobalOptions } from './options.ts';
import { counted, json } from './print.ts';
import { loadConfig, reading, storeOf } from './session.ts';

/** `prorata export`: the whole store, to a file (which appears when it is complete) or to standard output. */
export async function exportAll(
  options: GlobalOptions & { file?: string; format?: string; force?: boolean },
  io: Io,
): Promise<number> {
  const format = choiceOption(options.format ?? 'jsonl', '--format', ['jsonl', 'module-state'] as const);
  if (format === 'module-state') return exportModuleState(options, io);
  const config = options.store === undefined ? await loadConfig(io, options) : null;
  const { file } = options;
  const store = storeOf(io, options, config);
  if (file !== undefined) assertOwnFile(io, 'FILE', file, { 'the store': store });
  const engine = await io.openEngine({ store, create: false, readOnly: true });
  try {
    if (file === undefined || file === '-') {
      await engine.export((text) => io.stdout.write(text));
      return exitCodes.ok;
    }
    const target = await newFile(io, file, { overwrite: options.force === true });
    try {
      const { lines } = await engine.export((text) => target.write(text));
      await target.finish();
      if (options.json === true) await io.stdout.write(`${json({ file, lines })}\n`);
      else if (options.quiet !== true) await io.stdout.write(`${file}: ${counted(lines, 'line')}\n`);
    } finally {
      await target.discard();
    }
    return exitCodes.ok;
  } finally {
    await engine.close();
  }
}

async function exportModuleState(options: GlobalOptions & { file?: string; force?: boolean }, io: Io): Promise<number> {
  return reading(io, options, async ({ engine, program, config }) => {
    const text = await io.writeModuleState(engine, program);
    const { file } = options;
    if (file !== undefined) assertOwnFile(io, 'FILE', file, { 'the store': storeOf(io, options, config) });
    if (file === undefined || file === '-') await io.stdout.write(text);
    else {
      await writeText(io, file, text, { overwrite: options.force === true });
      if (options.json === true) await io.stdout.write(`${json({ file, program })}\n`);
      else if (options.quiet !== true) await io.stdout.write(`${file}: program ${program} as module state\n`);
    }
    return exitCodes.ok;
  });
}
