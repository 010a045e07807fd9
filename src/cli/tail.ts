import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TailRow, tailKinds } from '../app/tail.ts';
import { NotFoundError } from '../core/errors.ts';
import { isServerUrl } from '../core/place.ts';
import { formatRational } from '../core/money/rational.ts';
import { formatInstant } from '../core/time/instant.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { choiceOption, type GlobalOptions, wholeOption } from './options.ts';
import { grouped, iso, json, type Money, visible } from './print.ts';
import { type AccountNames, accountNames, namesOfNobody } from '../views/account-names.ts';
import { loadConfig, reading, type Session, storeOf } from './session.ts';

interface TailFlags extends GlobalOptions {
  readonly since?: string;
  readonly follow?: boolean;
  readonly what?: string;
  readonly limit?: string;
  readonly poll?: string;
}

/** `prorata tail`: rows after a cursor, and with --follow those that come, read beside whoever writes. */
export async function tail(options: TailFlags, io: Io): Promise<number> {
  const what = choiceOption(options.what ?? 'events', '--what', tailKinds);
  const limit = options.limit === undefined ? Infinity : wholeOption(options.limit, '--limit', 1);
  const pollMs = options.poll === undefined ? 500 : wholeOption(options.poll, '--poll', 10, 3_600_000);
  const assertThere = storeWatch(
    storeOf(io, options, options.store === undefined ? await loadConfig(io, options) : null),
  );
  const wait = async (): Promise<boolean> => {
    if (options.follow !== true || io.signal.aborted || io.stdout.closed) return false;
    await sleep(pollMs, undefined, { signal: io.signal }).catch(() => {});
    assertThere();
    return !io.signal.aborted && !io.stdout.closed;
  };
  return reading(io, options, async (session) => {
    const { engine, program, money } = session;
    const since = options.since === undefined ? {} : { since: options.since };
    const namesFor = rowNames(session);
    let count = 0;
    for await (const row of engine.tail(program, { what, wait, ...since })) {
      if (row.what !== 'score' || row.score > 0n) {
        const names = await namesFor(row);
        await io.stdout.write(options.json === true ? `${json(view(row, names))}\n` : `${text(row, money, names)}\n`);
        count += 1;
      }
      if (count >= limit || io.signal.aborted || io.stdout.closed) break;
    }
    return exitCodes.ok;
  });
}

/** A file that was replaced or removed goes on being read as it was: nobody would be told. */
function storeWatch(path: string): () => void {
  if (path === 'memory' || isServerUrl(path)) return () => {};
  const inode = (): number | undefined => statSync(resolve(path), { throwIfNoEntry: false })?.ino;
  const first = inode();
  return () => {
    if (inode() === first) return;
    throw new NotFoundError(
      'store-replaced',
      `The store ${path} is gone, or another file is in its place: follow that one anew.`,
      { store: path },
    );
  };
}

/** Names for the account of a row. They are read when a row has an account that has none yet: people may come while rows are followed. */
function rowNames(session: Session): (row: TailRow) => Promise<AccountNames> {
  let names: AccountNames = namesOfNobody;
  return async (row) => {
    const account = row.what === 'payout' ? row.payout.account.name : row.what === 'score' ? row.account : null;
    if (account !== null && names.known(account) === false) names = await accountNames(session);
    return names;
  };
}

function view(row: TailRow, names: AccountNames): unknown {
  const { what, cursor } = row;
  switch (row.what) {
    case 'event': {
      const { seq, key, kind, time, account, payload, hash } = row.event;
      return { what, cursor, seq, key, kind, time: formatInstant(time), account: account?.name ?? null, payload, hash };
    }
    case 'payout':
      return { what, cursor, ...row.payout, account: row.payout.account.name, ...names.json(row.payout.account.name) };
    case 'score':
      return { ...row, ...names.json(row.account), part: row.part === null ? null : formatRational(row.part) };
    case 'interval': {
      const { lane, start, end, best, holders } = row.interval;
      const shares = holders.map(({ account, share }) => ({ account, share: formatRational(share) }));
      return {
        what,
        cursor,
        period: row.period,
        lane,
        from: iso(start),
        to: iso(end),
        seconds: end - start,
        best,
        holders: shares,
      };
    }
    case 'pruned':
      return { ...row, until: formatInstant(row.until), checkpoint: iso(row.checkpoint) };
  }
}

function text(row: TailRow, money: Money, names: AccountNames): string {
  return `${row.cursor}  ${bodyText(row, money, names)}`;
}

function bodyText(row: TailRow, money: Money, names: AccountNames): string {
  switch (row.what) {
    case 'event':
      return `${formatInstant(row.event.time)}  ${row.event.kind}  ${visible(row.event.key)}${row.event.account === null ? '' : `  ${visible(row.event.account.name)}`}`;
    case 'payout': {
      const { period, pool, account, due, reason } = row.payout;
      return `period ${period}  ${pool}  ${visible(names.text(account.name))}  ${money.full(due)}  ${reason}`;
    }
    case 'score':
      return `period ${row.period}  ${visible(names.text(row.account))}  ${grouped(row.score)}`;
    case 'interval': {
      const { start, end, best, holders } = row.interval;
      const names = holders.map(({ account }) => visible(account)).join(', ') || 'nobody';
      return `${iso(start)} to ${iso(end)}  ${best ?? '-'}  ${names}`;
    }
    case 'pruned':
      return `pruned: ${row.of} ${row.first} to ${row.last}, up to ${formatInstant(row.until)}, behind the checkpoint of ${iso(row.checkpoint)}`;
  }
}
