import { basename, dirname, join } from 'node:path';
import { programSchemaJson } from '../config/schema.ts';
import { templateNames, templateText } from '../config/templates.ts';
import { exitCodes } from './exit-codes.ts';
import { exists, writeText } from './files.ts';
import type { Io } from './io.ts';
import { choiceOption, type GlobalOptions } from './options.ts';
import { json } from './print.ts';
import { configDefault } from './session.ts';
import { ConflictError, InvalidInputError } from '../core/errors.ts';

const schemaFile = 'prorata.schema.json';

/** `prorata init`: a program file from a template, and the schema beside it. Never replaces a program file unasked. */
export async function init(
  options: GlobalOptions & { path?: string; template?: string; force?: boolean; dryRun?: boolean },
  io: Io,
): Promise<number> {
  const template = choiceOption(options.template ?? 'minimal', '--template', templateNames);
  const given = options.path ?? options.config ?? configDefault;
  const file = /\.ya?ml$/i.test(given) ? given : join(given, configDefault);
  const schema = join(dirname(file), schemaFile);
  const text = named(templateText(template, { schema: `./${schemaFile}` }), options.program);
  if (exists(io, file) && options.force !== true) {
    throw new ConflictError('file-exists', `There is a file ${file} already.`, { file });
  }
  if (options.dryRun !== true) {
    await writeText(io, file, text, { overwrite: options.force === true });
    await writeText(io, schema, `${JSON.stringify(programSchemaJson(), null, 2)}\n`, { overwrite: true });
  }
  if (options.json === true) {
    await io.stdout.write(`${json({ file, schema, template, written: options.dryRun !== true })}\n`);
  } else if (options.quiet !== true) {
    const verb = options.dryRun === true ? 'would write' : 'wrote';
    await io.stdout.write(
      `${verb} ${file} (template ${template}) and ${schema}\n` +
        `next: edit ${basename(file)}, then prorata check, then prorata run EVENTS\n`,
    );
  }
  return exitCodes.ok;
}

function named(text: string, program: string | undefined): string {
  if (program === undefined) return text;
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(program)) {
    const accepted = 'a name of letters, digits, "_", "-" and ".", of at most 64 characters';
    throw new InvalidInputError('option-invalid', `--program: found "${program}"; accepted: ${accepted}.`);
  }
  return text.replace(/^program: .*$/m, `program: ${program}`);
}
