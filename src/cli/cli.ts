import { Command, CommanderError, Option } from 'commander';
import { commands, type CommandSpec, groups } from './commands.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { reportError, UsageError } from './report.ts';

const globalOptions: readonly (readonly [flags: string, description: string])[] = [
  ['--config <file>', 'the program file (default: prorata.yaml, when it is there)'],
  [
    '--store <place>',
    'the store: a file, or postgres://USER@HOST/DATABASE (default: what the program file says, else prorata.db)',
  ],
  ['--program <name>', "the program (default: the program file's, else the only one in the store)"],
  ['--json', 'answer with JSON: amounts and scores as decimal strings of smallest units, times in UTC'],
  ['--units', 'show amounts as whole smallest units'],
  ['--by <name>', 'who asks for it; goes into the log'],
  ['--quiet', 'no progress, no notes'],
];

/** Runs the command that `args` (without node and script) name. Returns the exit code; never throws. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const asJson = args.includes('--json');
  let text = '';
  let code: number = exitCodes.ok;
  const root = program(
    io,
    (done) => (code = done),
    (part) => (text += part),
  );
  try {
    await root.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(error, io, { asJson });
    if (error.code === 'commander.help' && error.exitCode !== 0) {
      // No command, or the word of a group alone.
      await io.stderr.write(text);
      return exitCodes.usage;
    }
    if (error.exitCode === 0) {
      await io.stdout.write(text);
      return exitCodes.ok;
    }
    return reportError(new UsageError(error.message.replace(/^error: /, '')), io, { asJson });
  }
}

function program(io: Io, onDone: (code: number) => void, onText: (text: string) => void): Command {
  const root = new Command('prorata')
    .description('Reward accounting: events in, exact scores, payouts in small safe steps, and an answer to every why.')
    .usage('[options] <command>')
    .version(io.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this, or the help of a command')
    .helpCommand('help [command]', 'the help of a command')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ writeOut: onText, writeErr: onText, outputError: () => {}, getOutHelpWidth: () => 110 })
    .configureHelp({ showGlobalOptions: true });
  for (const [flags, description] of globalOptions) root.addOption(new Option(flags, description));
  for (const spec of commands) register(parentOf(root, spec), spec, io, onDone);
  root.addHelpText('after', `\nExamples:\n${examplesOf(overview)}`);
  return root;
}

const overview = [
  'prorata init                         write a program file to begin with',
  'prorata run events.jsonl             events in, every period settled, payouts.csv out',
  'prorata explain ALICE --period 3     why this much?',
  'prorata demo                         a year of rewards of 20,000 stakers',
];

/** Where a command is registered: at the root, or under the word of its group. */
function parentOf(root: Command, { name }: CommandSpec): Command {
  const [word = '', within] = name.split(' ');
  if (within === undefined) return root;
  const known = root.commands.find((command) => command.name() === word);
  if (known !== undefined) return known;
  const { summary, description } = groups[word]!;
  return root
    .command(word)
    .summary(summary)
    .description(description)
    .helpOption('-h, --help', 'print this')
    .helpCommand('help [command]', 'the help of a command');
}

function register(parent: Command, spec: CommandSpec, io: Io, onDone: (code: number) => void): void {
  const name = spec.name.split(' ').at(-1)!;
  const command = parent.command([name, ...(spec.args ?? [])].join(' ')).description(spec.description);
  command.summary(spec.summary).helpOption('-h, --help', 'print this');
  for (const [flags, description] of spec.options ?? []) {
    const option = new Option(flags, description);
    command.addOption(option.makeOptionMandatory(spec.needed?.includes(option.attributeName()) === true));
  }
  for (const flags of spec.hidden ?? []) command.addOption(new Option(flags).hideHelp());
  command.addHelpText('after', `\nExamples:\n${examplesOf(spec.examples)}`);
  command.action(async () => {
    const given = command.registeredArguments.map((argument, index) => [argument.name(), command.processedArgs[index]]);
    const run = await spec.load();
    onDone(await run({ ...command.optsWithGlobals(), ...Object.fromEntries(given) }, io));
  });
}

const examplesOf = (examples: readonly string[]): string => examples.map((example) => `  ${example}\n`).join('');
