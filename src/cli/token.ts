import type { Engine } from '../app/engine.ts';
import { type ApiToken, tokenBytes } from '../app/tokens.ts';
import { roles } from '../core/role.ts';
import { formatInstant } from '../core/time/instant.ts';
import { tokenJson } from '../views/token.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { choiceOption, type GlobalOptions, instantOption } from './options.ts';
import { json, table } from './print.ts';
import { loadConfig, opened, rehearsal, storeOf } from './session.ts';

type Change = GlobalOptions & { readonly dryRun?: boolean };

/** `prorata token create`: its text goes to standard output, and is kept nowhere. */
export async function createToken(
  options: Change & { name: string; role: string; expires?: string },
  io: Io,
): Promise<number> {
  const { dryRun = false } = options;
  const at = io.now();
  const role = choiceOption(options.role, '--role', roles);
  const expiresAt = options.expires === undefined ? null : expiryOption(options.expires, at);
  const token = await onStore(io, options, { readOnly: false }, (engine) =>
    engine.createToken({ name: options.name, role, at, expiresAt, random: io.random(tokenBytes) }),
  );
  // Of a rehearsal it would be nobody's token.
  const text = dryRun ? null : token.text;
  if (options.json === true) {
    await io.stdout.write(`${json({ ...tokenJson(token, at), token: text, dry_run: dryRun })}\n`);
    return exitCodes.ok;
  }
  const until = expiresAt === null ? 'does not expire' : `expires ${formatInstant(expiresAt)}`;
  const note = `token ${token.name}, role ${role}, ${until}`;
  if (dryRun) await io.stdout.write(`would make ${note}\n`);
  else {
    await io.stdout.write(`${token.text}\n`);
    if (options.quiet !== true) await io.stderr.write(`${note}; it is shown this once: only its hash is kept\n`);
  }
  return exitCodes.ok;
}

/** `prorata token list`. */
export async function listTokens(options: GlobalOptions, io: Io): Promise<number> {
  const now = io.now();
  const rows = (await onStore(io, options, { readOnly: true }, (engine) => engine.tokens())).map((token) =>
    tokenJson(token, now),
  );
  if (options.json === true) await io.stdout.write(`${json({ tokens: rows })}\n`);
  else if (rows.length === 0) await io.stdout.write('no tokens: prorata serve listens on this machine only\n');
  else {
    const cells = rows.map((row) => [row.id, row.name, row.role, row.state, row.made_at, row.expires_at ?? '-']);
    await io.stdout.write(table(['id', 'name', 'role', 'state', 'made', 'expires'], cells));
  }
  return exitCodes.ok;
}

/** `prorata token revoke`. */
export async function revokeToken(options: Change & { token: string }, io: Io): Promise<number> {
  const { dryRun = false } = options;
  const at = io.now();
  const token = await onStore(io, options, { readOnly: false }, (engine) => engine.revokeToken(options.token, at));
  if (options.json === true) await io.stdout.write(`${json({ ...tokenJson(token, at), dry_run: dryRun })}\n`);
  else if (options.quiet !== true) {
    await io.stdout.write(`${dryRun ? 'would revoke' : 'revoked'} ${said(token)}\n`);
  }
  return exitCodes.ok;
}

const said = ({ id, name, role }: ApiToken): string => `token ${id} (${name}, ${role})`;

/** An instant, or so many days from now: `90d`. Throws InvalidInputError `time-...`. */
function expiryOption(text: string, now: number): number {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  return days === undefined ? instantOption(text, '--expires') : now + Number(days) * 86_400_000;
}

/** Tokens belong to no program: the store may have none, or many. */
async function onStore<T>(
  io: Io,
  options: Change,
  how: { readonly readOnly: boolean },
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const config = options.store === undefined ? await loadConfig(io, options) : null;
  const store = storeOf(io, options, config);
  const { engine, close } =
    options.dryRun === true ? await rehearsal(io, store) : await opened(io, { store, create: false, ...how });
  try {
    return await work(engine);
  } finally {
    await close();
  }
}
