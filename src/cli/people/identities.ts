import { tokenId } from '../../app/cred/sync.ts';
import { InvalidInputError } from '../../core/errors.ts';
import { addressBytesMax, isAddress } from '../../core/scoring/cred/address.ts';
import type { People } from '../../core/scoring/cred/people.ts';
import { toNulAddress } from '../../core/token/nul-address.ts';
import { currencyKey, normalPayoutAddress } from '../../core/token/currency.ts';
import { identityTypes, isTokenId } from '../../core/token/names.ts';
import type { Io } from '../io.ts';
import { choiceOption } from '../options.ts';
import { idOf } from '../../views/account-names.ts';
import type { Session } from '../session.ts';
import { currencyOption } from './currency-text.ts';
import { changing, type Draft, type TokenFlags } from './draft.ts';

/** `prorata people create`: somebody new, with its aliases. Not active yet. */
export async function create(
  options: TokenFlags & { name: string; type?: string; id?: string; alias?: readonly string[] },
  io: Io,
): Promise<number> {
  const { alias = [] } = options;
  const addresses = alias.map((address) => nodeOption(address, '--alias'));
  return changing(options, io, async (draft, session) => {
    const name = plainName(options.name);
    const id = options.id === undefined ? freeId(draft, name) : idOption(options.id);
    const type = typeOption(options.type ?? 'USER', '--type');
    draft.operate({ op: 'create-identity', id, type, name });
    for (const address of addresses) bind(draft, id, address, address);
    await noteUnknown(draft, session, addresses);
  });
}

/** `prorata people rename`. */
export async function rename(options: TokenFlags & { name: string; new: string }, io: Io): Promise<number> {
  return changing(options, io, (draft) => {
    const identityId = idOf(draft.people, options.name);
    draft.act({ type: 'RENAME_IDENTITY', identityId, newName: plainName(options.new) });
  });
}

/** `prorata people type`. */
export async function type(options: TokenFlags & { name: string; type: string }, io: Io): Promise<number> {
  const newType = typeOption(options.type, 'TYPE');
  return changing(options, io, (draft) => {
    draft.act({ type: 'CHANGE_IDENTITY_TYPE', identityId: idOf(draft.people, options.name), newType });
  });
}

/** `prorata people alias`: an address of the graph leads to somebody from now on. */
export async function alias(
  options: TokenFlags & { name: string; address: string; description?: string },
  io: Io,
): Promise<number> {
  const address = nodeOption(options.address, 'ADDRESS');
  return changing(options, io, async (draft, session) => {
    bind(draft, idOf(draft.people, options.name), address, options.description ?? address);
    await noteUnknown(draft, session, [address]);
  });
}

/** `prorata people merge`: two are one from now on. */
export async function merge(options: TokenFlags & { base: string; target: string }, io: Io): Promise<number> {
  return changing(options, io, (draft) => {
    const [base, target] = [idOf(draft.people, options.base), idOf(draft.people, options.target)];
    draft.act({ type: 'MERGE_IDENTITIES', base, target });
  });
}

/** `prorata people unmerge`: who was merged is somebody of its own again. The target may be named as it was before. */
export async function unmerge(options: TokenFlags & { base: string; target: string }, io: Io): Promise<number> {
  return changing(options, io, (draft) => {
    const base = idOf(draft.people, options.base);
    draft.act({ type: 'UNMERGE_IDENTITIES', base, target: mergedIdOf(draft.people, base, options.target) });
  });
}

/** Of those that were merged into `base` the one that is meant; else as `idOf`, for the ledger to refuse. */
function mergedIdOf(people: People, base: string, text: string): string {
  const { ledger } = people;
  const name = text.replace(/^@/, '').toLowerCase();
  const ids = ledger.account(base)?.ids.slice(1) ?? [];
  return (
    ids.find((id) => id === text) ?? ids.find((id) => ledger.nameOf(id)?.toLowerCase() === name) ?? idOf(people, text)
  );
}

/** `prorata people activate` and `prorata people deactivate`. */
export async function activate(options: TokenFlags & { names: readonly string[] }, io: Io): Promise<number> {
  return switching('activate', options, io);
}
export async function deactivate(options: TokenFlags & { names: readonly string[] }, io: Io): Promise<number> {
  return switching('deactivate', options, io);
}

async function switching(
  op: 'activate' | 'deactivate',
  options: TokenFlags & { names: readonly string[] },
  io: Io,
): Promise<number> {
  return changing(options, io, (draft) => {
    for (const name of options.names) draft.operate({ op, id: idOf(draft.people, name) });
  });
}

/** `prorata people payout-address`: where somebody is paid outside; `--none` takes the address away. */
export async function payoutAddress(
  options: TokenFlags & { name: string; address?: string; currency?: string; none?: boolean },
  io: Io,
): Promise<number> {
  const { address } = options;
  if ((address === undefined) !== (options.none === true)) {
    throw new InvalidInputError('option-invalid', 'Accepted: either an ADDRESS, or --none.', { option: '--none' });
  }
  const given = options.currency === undefined ? null : currencyOption(options.currency, '--currency');
  return changing(options, io, (draft) => {
    const { ledger } = draft.people;
    const id = idOf(draft.people, options.name);
    const currency = given ?? ledger.currency;
    if (currency === null) {
      const message = '--currency: no currency is set; accepted: BTC, FIL, evm:CHAIN or evm:CHAIN:ADDRESS.';
      throw new InvalidInputError('option-invalid', message, { option: '--currency' });
    }
    const wanted = address === undefined ? undefined : (normalPayoutAddress(currency, address) ?? address);
    if (ledger.account(id)!.payoutAddresses.get(currencyKey(currency)) === wanted) return;
    draft.operate({ op: 'set-payout-address', id, currency, payoutAddress: wanted ?? null });
  });
}

/** A name, as the ledger has it. */
const plainName = (text: string): string => text.replace(/^@/, '');

const typeOption = (text: string, name: string): string => choiceOption(text.toUpperCase(), name, identityTypes);

function idOption(text: string): string {
  if (isTokenId(text)) return text;
  const accepted = '22 letters and digits as the token ledger has them; without --id one is made';
  throw new InvalidInputError('option-invalid', `--id: found ${JSON.stringify(text)}; accepted: ${accepted}.`, {
    option: '--id',
    found: text,
  });
}

/** The id of somebody new, from the head of the log and the name. */
function freeId({ head, people }: Draft, name: string): string {
  return tokenId(`identity ${JSON.stringify([head, name])}`, (id) => people.ledger.rootOf(id) === undefined);
}

/** The address of a node as people write it. Throws InvalidInputError `cred-address-malformed`. */
function nodeOption(text: string, name: string): string {
  if (isAddress(text)) return text;
  throw new InvalidInputError(
    'cred-address-malformed',
    `${name}: found ${JSON.stringify(text.slice(0, 80))}; accepted: parts joined by "/", such as "git/author/ada@example.org", with %2F for a "/" inside a part; up to ${addressBytesMax} bytes.`,
    { option: name },
  );
}

function bind(draft: Draft, identityId: string, node: string, description: string): void {
  const address = toNulAddress(node, 'N');
  draft.act({ type: 'ADD_ALIAS', identityId, alias: { address, description } });
}

/** An alias of a node that is not there yet is fine, or a slip of the pen. */
async function noteUnknown(draft: Draft, { engine, program }: Session, addresses: readonly string[]): Promise<void> {
  const known = await engine.read(async (tx) => {
    const { id } = (await tx.programs()).find(({ name }) => name === program)!;
    return new Set((await tx.nodesNamed(id, addresses)).flatMap(({ node, gone }) => (gone ? [] : [node])));
  });
  for (const address of addresses)
    if (!known.has(address)) draft.notes.push(`there is no node ${address} in the graph yet`);
}
