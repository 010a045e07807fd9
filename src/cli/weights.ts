import { compareBytes } from '../core/bytes.ts';
import { InvalidInputError } from '../core/errors.ts';
import { weightsOf } from '../core/scoring/crown/weights.ts';
import { type RoundFlags, roundQuery } from './crown/options.ts';
import { roundText } from './crown/show.ts';
import { roundJson } from '../views/crown.ts';
import { exitCodes } from './exit-codes.ts';
import { readText } from './files.ts';
import type { Io } from './io.ts';
import { choiceOption, type GlobalOptions, wholeOption } from './options.ts';
import { json } from './print.ts';
import { reading } from './session.ts';

interface WeightFlags extends GlobalOptions, RoundFlags {
  readonly uids: string;
  readonly total?: string;
  readonly recycle?: string;
  readonly missing?: string;
  readonly format?: string;
}

/** `prorata weights`: a round as integer weights by uid, which add up to a total exactly. */
export async function weights(options: WeightFlags, io: Io): Promise<number> {
  const total = BigInt(options.total === undefined ? 65_535 : wholeOption(options.total, '--total', 1));
  const recycle = options.recycle === undefined ? 0 : wholeOption(options.recycle, '--recycle', 0);
  const missing = choiceOption(options.missing ?? 'refuse', '--missing', ['refuse', 'recycle'] as const);
  const format = choiceOption(options.format ?? (options.json === true ? 'json' : 'csv'), '--format', [
    'csv',
    'json',
  ] as const);
  const uids = uidsIn(await readText(io, options.uids), options.uids);
  return reading(io, options, async ({ engine, program }) => {
    const view = await engine.crownScores(program, roundQuery(options));
    const known = new Set(uids.map(([, account]) => account));
    const earned = view.scores.filter(({ account }) => missing === 'refuse' || known.has(account));
    const parts = new Map(earned.map(({ account, part }) => [account, part]));
    const vector = weightsOf({ parts, uids, total, recycle });
    if (format === 'json') {
      const lost = view.scores.filter(({ account }) => !parts.has(account)).map(({ account }) => account);
      await io.stdout.write(
        `${json({ program, ...roundJson(view), total, recycle, recycledFrom: lost.sort(compareBytes), weights: vector })}\n`,
      );
    } else {
      await io.stdout.write(`uid,weight\n${vector.map(({ uid, weight }) => `${uid},${weight}\n`).join('')}`);
      // Beside the vector, so that the file of a shell holds the vector alone.
      if (options.quiet !== true)
        await io.stderr.write(`${roundText(view)}: ${total} in all; uid ${recycle} takes what nobody earned\n`);
    }
    return exitCodes.ok;
  });
}

/** `[[uid, account], ...]` as JSON, or lines `uid,account`; a heading that says so may lead. Throws InvalidInputError `uids-malformed`. */
function uidsIn(text: string, file: string): (readonly [number, string])[] {
  const refuse = (found: string): InvalidInputError =>
    new InvalidInputError(
      'uids-malformed',
      `${file}: found ${JSON.stringify(found.slice(0, 60))}; accepted: lines "uid,account", or JSON [[uid, "account"], ...].`,
      { file },
    );
  const pairOf = (uid: unknown, account: unknown, found: string): readonly [number, string] => {
    if (
      typeof uid !== 'number' ||
      !Number.isSafeInteger(uid) ||
      uid < 0 ||
      typeof account !== 'string' ||
      account === ''
    )
      throw refuse(found);
    return [uid, account];
  };
  if (text.trimStart().startsWith('[')) {
    const list: unknown = parsed(text, refuse);
    if (!Array.isArray(list)) throw refuse(text);
    return list.map((pair: unknown) => {
      const found = JSON.stringify(pair);
      return Array.isArray(pair) && pair.length === 2 ? pairOf(pair[0], pair[1], found) : pairOf(null, null, found);
    });
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines[0] === 'uid,account') lines.shift();
  return lines.map((line) => {
    const comma = line.indexOf(',');
    const uid = comma > 0 && /^\d{1,15}$/.test(line.slice(0, comma)) ? Number(line.slice(0, comma)) : null;
    return pairOf(uid, line.slice(comma + 1), line);
  });
}

function parsed(text: string, refuse: (found: string) => InvalidInputError): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refuse(text);
  }
}
