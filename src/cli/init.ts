import { basename, dirname, join, resolve } from 'node:path';
import { programSchemaJson } from '../config/schema.ts';
import { toYaml } from '../config/to-yaml.ts';
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
  options: GlobalOptions & { path?: string; template?: string; from?: string; force?: boolean; dryRun?: boolean },
  io: Io,
): Promise<number> {
  const template = choiceOption(options.template ?? 'minimal', '--template', templateNames);
  const given = options.path ?? options.config ?? configDefault;
  const file = /\.ya?ml$/i.test(given) ? given : join(given, configDefault);
  const schema = join(dirname(file), schemaFile);
  const { from } = options;
  if (from !== undefined && options.template !== undefined) {
    throw new InvalidInputError('option-invalid', 'Found --from and --template; accepted: one of them.');
  }
  const head = `# yaml-language-server: $schema=./${schemaFile}\n`;
  const text =
    from === undefined
      ? named(templateText(template, { schema: `./${schemaFile}` }), options.program)
      : head +
        toYaml(await io.sources.sourcecredProgram(resolve(io.cwd, from), nameFor(options.program)), {
          store: 'prorata.db',
        });
  if (exists(io, file) && options.force !== true) {
    throw new ConflictError('file-exists', `There is a file ${file} already.`, { file });
  }
  if (options.dryRun !== true) {
    await writeText(io, file, text, { overwrite: options.force === true });
    await writeText(io, schema, `${JSON.stringify(programSchemaJson(), null, 2)}\n`, { overwrite: true });
  }
  if (options.json === true) {
    await io.stdout.write(
      `${json({ file, schema, template: from === undefined ? template : null, written: options.dryRun !== true })}\n`,
    );
  } else if (options.quiet !== true) {
    const verb = options.dryRun === true ? 'would write' : 'wrote';
    await io.stdout.write(
      `${verb} ${file} (${from === undefined ? `template ${template}` : `as ${from} was`}) and ${schema}\n` +
        (from === undefined
          ? `next: edit ${basename(file)}, then prorata check, then prorata ${template === 'cred' ? 'ingest REPOSITORY --format git' : 'run EVENTS'}\n`
          : `next: edit ${basename(file)} (funding above all), then prorata check, then prorata ingest ${from} --format sourcecred\n`),
    );
  }
  return exitCodes.ok;
}

function named(text: string, program: string | undefined): string {
  return program === undefined ? text : text.replace(/^program: .*$/m, `program: ${nameFor(program)}`);
}

function nameFor(program = 'grain'): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(program)) {
    const accepted = 'a name of letters, digits, "_", "-" and ".", of at most 64 characters';
    throw new InvalidInputError('option-invalid', `--program: found "${program}"; accepted: ${accepted}.`);
  }
  return program;
}
