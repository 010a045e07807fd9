import { compareBytes } from '../../core/bytes.ts';
import { nodeOf, type People } from '../../core/scoring/cred/people.ts';
import { formatInstant } from '../../core/time/instant.ts';
import type { Currency } from '../../core/token/currency.ts';
import type { Account } from '../../core/token/ledger.ts';
import { foldName, periodOfWindow } from '../../core/token/names.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { type AccountNames, idOf, namesOf } from '../../views/account-names.ts';
import { counted, grouped, indented, json, type Money, table, visible } from '../print.ts';
import { type PageFlags, printRows } from '../rows.ts';
import { reading } from '../session.ts';
import { currencyText } from './currency-text.ts';

/** Everybody in the order of their names, which differ by more than their capitals. */
export function byName({ ledger }: People): Account[] {
  return ledger.accounts().toSorted((a, b) => compareBytes(foldName(a.name), foldName(b.name)));
}

/** `prorata people show`: who there is, or all about one. */
export async function people(options: PageFlags & { name?: string }, io: Io): Promise<number> {
  return reading(io, options, async ({ engine, program, money }) => {
    const known = await engine.people(program);
    if (options.name !== undefined) {
      const view = viewOf(known, idOf(known, options.name));
      await io.stdout.write(
        options.json === true
          ? `${json({ program, ...jsonOf(view) })}\n`
          : personText(view, { program, money, names: namesOf(known) }),
      );
      return exitCodes.ok;
    }
    const rows = byName(known);
    await printRows(io, options, foldName((options.after ?? '').replace(/^@/, '')), {
      read: async (after, limit) => rows.filter(({ name }) => compareBytes(foldName(name), after) > 0).slice(0, limit),
      cursorOf: ({ name }) => foldName(name),
      view: ({ id, name, type, active, paid, balance, ids, aliases }) => ({
        ...{ id, name, type, active, paid, balance },
        ids: ids.length,
        aliases: aliases.length,
      }),
      headings: ['name', 'id', 'type', '', `>paid (${money.unit})`, '>balance', '>ids', '>aliases'],
      cells: ({ id, name, type, active, paid, balance, ids, aliases }) => [
        `@${name}`,
        id,
        type,
        active ? 'active' : 'not active',
        money.bare(paid),
        money.bare(balance),
        grouped(ids.length),
        grouped(aliases.length),
      ],
      none: 'there is nobody yet: prorata people create, or a source with people',
      next: '--after',
    });
    return exitCodes.ok;
  });
}

/** What somebody leaves to another, or gets left: the part from an instant (milliseconds) on. */
interface Left {
  readonly person: string;
  readonly parts: readonly { readonly from: number; readonly part: number }[];
}

interface PersonView {
  readonly account: Account;
  readonly gives: readonly Left[];
  readonly takes: readonly Left[];
}

function viewOf(people: People, id: string): PersonView {
  const account = people.ledger.account(id)!;
  const left = people.attributions().flatMap(({ from, recipients }) =>
    recipients.map(({ to, proportions }) => ({
      from,
      to,
      parts: proportions.map(({ timestampMs, value }) => ({ from: timestampMs, part: value })),
    })),
  );
  return {
    account,
    gives: left.filter(({ from }) => from === account.id).map(({ to, parts }) => ({ person: to, parts })),
    takes: left.filter(({ to }) => to === account.id).map(({ from, parts }) => ({ person: from, parts })),
  };
}

const addressesOf = ({ payoutAddresses }: Account): { readonly currency: Currency; readonly address: string }[] =>
  [...payoutAddresses].map(([key, address]) => ({ currency: JSON.parse(key) as Currency, address }));

function jsonOf({ account, gives, takes }: PersonView): Record<string, unknown> {
  const { address, aliases, receipts, payoutAddresses: _, ...facts } = account;
  const leftJson = ({ person, parts }: Left) => ({
    person,
    parts: parts.map(({ from, part }) => ({ from: formatInstant(from), part: String(part) })),
  });
  return {
    ...facts,
    node: nodeOf(address),
    aliases: aliases.map((alias) => ({ ...alias, address: nodeOf(alias.address) })),
    payoutAddresses: addressesOf(account),
    receipts: receipts.map(({ distributionId, allocationId, credTimestamp, id, amount, reversed }) => ({
      ...{ distributionId, allocationId, period: periodOfWindow(distributionId) },
      at: formatInstant(credTimestamp),
      ...{ id, amount, reversed },
    })),
    gives: gives.map(leftJson),
    takes: takes.map(leftJson),
  };
}

function personText(
  { account, gives, takes }: PersonView,
  { program, money, names }: { readonly program: string; readonly money: Money; readonly names: AccountNames },
): string {
  const { id, name, type, active, ids, aliases, balance, paid, receipts } = account;
  const lines = [
    `@${name} (${id}) in ${visible(program)}: ${type}, ${active ? 'active' : 'not active'}`,
    `paid     ${money.full(paid)} in ${counted(receipts.length, 'receipt')}`,
    `balance  ${money.full(balance)}`,
    ...(ids.length > 1 ? [`merged   ${ids.slice(1).join(', ')}`] : []),
  ];
  const section = (title: string, headings: readonly string[], rows: readonly (readonly string[])[]): string =>
    rows.length === 0 ? '' : `\n${title}\n${indented(table(headings, rows))}`;
  const leftRows = (left: readonly Left[]): string[][] =>
    left.flatMap(({ person, parts }) =>
      parts.map(({ from, part }) => [names.text(person), String(part), formatInstant(from)]),
    );
  return [
    `${lines.join('\n')}\n`,
    section(
      'aliases',
      ['=address', 'what'],
      aliases.map((alias) => [nodeOf(alias.address), alias.description]),
    ),
    section(
      'payout addresses',
      ['currency', 'address'],
      addressesOf(account).map(({ currency, address }) => [currencyText(currency), address]),
    ),
    section(
      'receipts',
      ['distribution', 'until', `>amount (${money.unit})`, 'taken back'],
      receipts.map(({ distributionId, credTimestamp, amount, reversed }) => [
        distributionId,
        formatInstant(credTimestamp),
        money.bare(amount),
        reversed ?? '',
      ]),
    ),
    section('leaves cred to', ['person', '>part', 'from'], leftRows(gives)),
    section('gets cred from', ['person', '>part', 'from'], leftRows(takes)),
  ].join('');
}
