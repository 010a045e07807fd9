import { refuse, type Refusal } from '../events/refusal.ts';
import { type Currency, currencyKey, normalCurrency, normalPayoutAddress } from './currency.ts';
import type { Action, Alias, DistributionRecord, TokenEvent } from './event.ts';
import { type Group, Identities, type Identity, unknownIdentity } from './identities.ts';
import { foldName, identityAddress, type IdentityType } from './names.ts';
import { attempt, readDistribution, readUnits } from './read-event.ts';

/** The other side of what is paid to somebody, or taken back. */
export const issuance = 'issuance';

/** One movement, positive, between two ids, or an id and `issuance`. Of each book they add up to what the ledger says. */
export interface TokenPosting {
  /** The event that made it. */
  readonly event: string;
  /** `paid` is what people were paid in all, `balance` what they can spend here. */
  readonly book: 'paid' | 'balance';
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  /** Of a transfer its memo, of a reversal its reason. */
  readonly note: string | null;
}

/** What one id got from one allocation. */
export interface Receipt {
  readonly distributionId: string;
  readonly allocationId: string;
  readonly credTimestamp: number;
  readonly id: string;
  readonly amount: bigint;
  /** Why it was taken back; null while it stands. */
  readonly reversed: string | null;
}

interface BookedReceipt extends Receipt {
  reversed: string | null;
  /** Which life of the balances it was added to; null where it was paid outside. */
  readonly balanceLife: number | null;
}

interface Distribution {
  readonly id: string;
  readonly credTimestamp: number;
  readonly receipts: BookedReceipt[];
  reversed: boolean;
}

/** An account as others see it: one person, under all its ids. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly type: IdentityType;
  readonly address: string;
  readonly active: boolean;
  readonly ids: readonly string[];
  readonly aliases: readonly Alias[];
  readonly balance: bigint;
  readonly paid: bigint;
  /** By currency key; of several ids with one, the earlier in `ids` wins. */
  readonly payoutAddresses: ReadonlyMap<string, string>;
  /** In the order of booking. */
  readonly receipts: readonly Receipt[];
}

/**
 * The token ledger: who is who, who was paid what, who can spend what. A state machine over `TokenEvent`s; an event is
 * applied whole, or refused with a code and changes nothing.
 *
 * Amounts are whole smallest units, times milliseconds since 1970. With accounting off there are no balances here: people
 * are paid outside, and only what they were paid is kept.
 */
export class TokenLedger {
  readonly #identities = new Identities();
  readonly #distributions = new Map<string, Distribution>();
  readonly #allocations = new Map<string, Distribution>();
  readonly #receipts: BookedReceipt[] = [];
  readonly #postings: TokenPosting[] = [];
  readonly #events: TokenEvent[] = [];
  readonly #uuids = new Set<string>();
  #currency: Currency | null = null;
  #accounting = true;
  /** By id: executed or not. Null while nothing is tracked. */
  #tracked: Map<string, boolean> | null = null;
  /** Grows whenever all balances are set to zero. */
  #balanceLife = 0;

  /** The accepted events, in order. */
  get events(): readonly TokenEvent[] {
    return this.#events;
  }

  get postings(): readonly TokenPosting[] {
    return this.#postings;
  }

  get currency(): Currency | null {
    return this.#currency;
  }

  get accountingEnabled(): boolean {
    return this.#accounting;
  }

  get trackingEnabled(): boolean {
    return this.#tracked !== null;
  }

  /** Distributions made while tracking was on, and whether they were executed outside. */
  get trackedDistributions(): readonly (readonly [id: string, executed: boolean])[] {
    return [...(this.#tracked ?? [])];
  }

  /** In the order of booking; the reversed ones too. */
  get distributionIds(): readonly string[] {
    return [...this.#distributions.keys()];
  }

  get allocationIds(): readonly string[] {
    return [...this.#allocations.keys()];
  }

  /** The latest `credTimestamp` of the distributions that stand; null without any. A reversed one can be made anew. */
  get lastDistribution(): number | null {
    let last: number | null = null;
    for (const { credTimestamp, reversed } of this.#distributions.values()) {
      if (!reversed && (last === null || credTimestamp > last)) last = credTimestamp;
    }
    return last;
  }

  /** In the order in which the first id of each was created. */
  accounts(): Account[] {
    const receipts = new Map<string, Receipt[]>();
    for (const receipt of this.#receipts) {
      const root = this.#identities.groupOf(receipt.id)!.root.id;
      const own = receipts.get(root);
      if (own === undefined) receipts.set(root, [viewReceipt(receipt)]);
      else own.push(viewReceipt(receipt));
    }
    return this.#identities.groups.map((group) => this.#view(group, receipts.get(group.root.id) ?? []));
  }

  /** The account that an id leads to. */
  account(id: string): Account | undefined {
    const group = this.#identities.groupOf(id);
    if (group === undefined) return undefined;
    return this.#view(group, this.#receipts.filter(({ id: own }) => group.ids.includes(own)).map(viewReceipt));
  }

  /** The id of the person that an id is. */
  rootOf(id: string): string | undefined {
    return this.#identities.groupOf(id)?.root.id;
  }

  /** The name of its own that an id has, also while it is merged into another. */
  nameOf(id: string): string | undefined {
    return this.#identities.member(id)?.name;
  }

  /** The id of the person of this name, whatever the capitals. Whoever was merged into another is found by that one's name only. */
  idNamed(name: string): string | undefined {
    const folded = foldName(name);
    return this.#identities.groups.find(({ root }) => foldName(root.name) === folded)?.root.id;
  }

  /** Ids that a distribution paid. */
  receiversOf(distributionId: string): string[] {
    return [...new Set(this.#distributions.get(distributionId)?.receipts.map(({ id }) => id))];
  }

  isNameTaken(name: string): boolean {
    return this.#identities.isNameTaken(name);
  }

  /** The refusal, or null when the event was applied. */
  apply(event: TokenEvent): Refusal | null {
    const { ledgerTimestamp: at, uuid, action } = event;
    if (!Number.isFinite(at)) return refuse('invalid-timestamp', `Found the time ${at}; accepted: milliseconds.`);
    const before = this.#events.at(-1)?.ledgerTimestamp ?? -Infinity;
    if (at < before) return refuse('out-of-order-timestamp', `Found the time ${at} after ${before}.`);
    if (this.#uuids.has(uuid)) return refuse('event-repeated', `Event ${uuid} is in the log already.`, 'uuid');
    const refusal = this.#act(action, uuid);
    if (refusal !== null) return refusal;
    this.#uuids.add(uuid);
    this.#events.push(event);
    return null;
  }

  #act(action: Action, event: string): Refusal | null {
    switch (action.type) {
      case 'CREATE_IDENTITY':
        return this.#identities.create(action.identity);
      case 'RENAME_IDENTITY':
        return this.#identities.rename(action.identityId, action.newName);
      case 'CHANGE_IDENTITY_TYPE':
        return this.#identities.changeType(action.identityId, action.newType);
      case 'ADD_ALIAS':
        return this.#identities.addAlias(action.identityId, action.alias);
      case 'MERGE_IDENTITIES':
        return this.#identities.merge(action.base, action.target);
      case 'UNMERGE_IDENTITIES':
        return this.#identities.unmerge(action.base, action.target);
      case 'TOGGLE_ACTIVATION':
        return this.#toggle(action.identityId);
      case 'DISTRIBUTE_GRAIN':
        return this.#distribute(action.distribution, event);
      case 'REVERSE_DISTRIBUTION':
        return this.#reverseDistribution(action.distributionId, action.reason, event);
      case 'REVERSE_RECEIPT':
        return this.#reverseReceipt(action.allocationId, action.identityId, action.reason, event);
      case 'TRANSFER_GRAIN':
        return this.#transfer(action, event);
      case 'SET_PAYOUT_ADDRESS':
        return this.#setPayoutAddress(action.id, action.currency, action.payoutAddress);
      case 'SET_EXTERNAL_CURRENCY':
        return this.#setCurrency(action.currency, event);
      case 'REMOVE_EXTERNAL_CURRENCY':
        if (!this.#accounting) return accountingDisabled();
        this.#currency = null;
        return null;
      case 'DISABLE_ACCOUNTING':
        if (this.#currency === null) {
          return refuse('no-currency', 'Without balances people are paid outside: set a currency first.');
        }
        this.#accounting = false;
        this.#writeOffBalances(event);
        return null;
      case 'ENABLE_ACCOUNTING':
        this.#accounting = true;
        return null;
      case 'ENABLE_GRAIN_INTEGRATION':
        this.#tracked ??= new Map();
        return null;
      case 'DISABLE_GRAIN_INTEGRATION':
        this.#tracked = null;
        return null;
      case 'MARK_DISTRIBUTION_EXECUTED':
        return this.#markExecuted(action.id);
      default:
        return refuse('unknown-event-type', `Found the event kind ${JSON.stringify((action as Action).type)}.`, 'type');
    }
  }

  // --- people

  #toggle(id: string): Refusal | null {
    const group = this.#identities.groupOf(id);
    if (group === undefined) return unknownIdentity(id);
    if (!group.root.active && this.#currency !== null && !this.#canBePaidIn(group, this.#currency)) {
      return refuse('no-payout-address', `"${group.root.name}" has no payout address for the currency that is set.`);
    }
    group.root.active = !group.root.active;
    return null;
  }

  #canBePaidIn(group: Group, currency: Currency): boolean {
    const key = currencyKey(currency);
    return group.ids.some((id) => this.#identities.member(id)!.payoutAddresses.has(key));
  }

  #setPayoutAddress(id: string, currency: unknown, address: string | null): Refusal | null {
    const group = this.#identities.groupOf(id);
    if (group === undefined) return unknownIdentity(id);
    const normal = normalCurrency(currency);
    if (normal === null) return invalidCurrency(currency);
    const key = currencyKey(normal);
    if (address === null) {
      for (const member of group.ids) this.#identities.member(member)!.payoutAddresses.delete(key);
      return null;
    }
    const payout = normalPayoutAddress(normal, address);
    if (payout === null) {
      return refuse(
        'invalid-payout-address',
        `Found ${JSON.stringify(address)}; accepted: an address of that currency.`,
      );
    }
    group.root.payoutAddresses.set(key, payout);
    return null;
  }

  #setCurrency(value: unknown, event: string): Refusal | null {
    const currency = normalCurrency(value);
    if (currency === null) return invalidCurrency(value);
    this.#currency = currency;
    if (!this.#accounting) this.#writeOffBalances(event);
    return null;
  }

  // --- money

  #distribute(value: DistributionRecord, event: string): Refusal | null {
    const read = attempt(() => readDistribution(value));
    if ('problem' in read) return refuse('invalid-distribution', read.problem, 'distribution');
    const { id: distributionId, credTimestamp, allocations } = read.value;
    const booked: BookedReceipt[] = [];
    const balanceLife = this.#accounting ? this.#balanceLife : null;
    for (const { id: allocationId, receipts } of allocations) {
      for (const { id, amount: text } of receipts) {
        const amount = BigInt(text);
        const refusal = this.#cannotReceive(id, amount);
        if (refusal !== null) return refusal;
        booked.push({ distributionId, allocationId, credTimestamp, id, amount, reversed: null, balanceLife });
      }
    }
    for (const { id, policy, receipts } of allocations) {
      const sum = receipts.reduce((all, { amount }) => all + BigInt(amount), 0n);
      if (sum !== BigInt(policy.budget)) {
        return refuse('receipts-not-budget', `Receipts of ${id} add up to ${sum}, its budget is ${policy.budget}.`);
      }
    }
    if (this.#distributions.has(distributionId)) {
      return refuse('distribution-repeated', `Distribution ${distributionId} was made already.`, 'id');
    }
    const ids = allocations.map(({ id }) => id);
    const known = allocations.find(({ id }, index) => this.#allocations.has(id) || ids.indexOf(id) < index);
    if (known !== undefined) return refuse('allocation-repeated', `Allocation ${known.id} was made already.`, 'id');

    const distribution: Distribution = { id: distributionId, credTimestamp, receipts: booked, reversed: false };
    this.#distributions.set(distributionId, distribution);
    for (const { id } of allocations) this.#allocations.set(id, distribution);
    this.#tracked?.set(distributionId, false);
    for (const receipt of booked) this.#bookReceipt(receipt, event);
    return null;
  }

  /**
   * Books what a window pays, a step at a time: shares were due by the log of its opening, so nobody is refused for what
   * happened since. Ids must be known.
   */
  paidByWindow(
    id: string,
    credTimestamp: number,
    receipts: readonly { readonly id: string; readonly amount: bigint }[],
  ): void {
    let distribution = this.#distributions.get(id);
    if (distribution === undefined) {
      distribution = { id, credTimestamp, receipts: [], reversed: false };
      this.#distributions.set(id, distribution);
      this.#allocations.set(id, distribution);
      this.#tracked?.set(id, false);
    }
    const balanceLife = this.#accounting ? this.#balanceLife : null;
    for (const { id: to, amount } of receipts) {
      const receipt = {
        distributionId: id,
        allocationId: id,
        credTimestamp,
        id: to,
        amount,
        reversed: null,
        balanceLife,
      };
      distribution.receipts.push(receipt);
      this.#bookReceipt(receipt, id);
    }
  }

  #bookReceipt(receipt: BookedReceipt, event: string): void {
    const member = this.#identities.member(receipt.id)!;
    this.#receipts.push(receipt);
    member.paid += receipt.amount;
    this.#post({ event, book: 'paid', from: issuance, to: receipt.id, amount: receipt.amount, note: null });
    if (receipt.balanceLife !== null) this.#moveBalance(null, member, receipt.amount, event, null);
  }

  #cannotReceive(id: string, amount: bigint): Refusal | null {
    const group = this.#identities.groupOf(id);
    if (group === undefined) return unknownIdentity(id);
    if (amount < 0n) return refuse('negative-amount', `Found the amount ${amount}; accepted: 0 or more.`, 'amount');
    return group.root.active ? null : inactive(group);
  }

  #transfer(
    { from, to, amount: text, memo }: Extract<Action, { type: 'TRANSFER_GRAIN' }>,
    event: string,
  ): Refusal | null {
    if (!this.#accounting) return accountingDisabled();
    const sender = this.#identities.groupOf(from);
    if (sender === undefined) return unknownIdentity(from);
    const recipient = this.#identities.groupOf(to);
    if (recipient === undefined) return unknownIdentity(to);
    if (!sender.root.active) return inactive(sender);
    if (!recipient.root.active) return inactive(recipient);
    const amount = readUnits(text);
    if (amount === null) {
      return refuse('invalid-amount', `Found the amount ${JSON.stringify(text)}; accepted: digits.`, 'amount');
    }
    if (amount < 0n) return refuse('negative-amount', `Found the amount ${amount}; accepted: 0 or more.`, 'amount');
    const balance = this.#sum(sender, (member) => member.balance);
    if (amount > balance) {
      return refuse(
        'insufficient-balance',
        `"${sender.root.name}" has ${balance}, and cannot send ${amount}.`,
        'amount',
      );
    }
    const target = this.#identities.member(to)!;
    for (const [member, part] of this.#parts(sender, from, amount)) {
      this.#moveBalance(member, target, part, event, memo);
    }
    return null;
  }

  #reverseDistribution(id: string, reason: string, event: string): Refusal | null {
    if (isBlank(reason)) return reasonMissing();
    const distribution = this.#distributions.get(id);
    if (distribution === undefined) return refuse('distribution-unknown', `There is no distribution ${id}.`);
    if (distribution.reversed) return alreadyReversed(`Distribution ${id}`);
    const executed = this.#executed(distribution);
    if (executed !== null) return executed;
    distribution.reversed = true;
    this.#tracked?.delete(id);
    for (const receipt of distribution.receipts) this.#takeBack(receipt, reason, event);
    return null;
  }

  #reverseReceipt(allocationId: string, id: string, reason: string, event: string): Refusal | null {
    if (isBlank(reason)) return reasonMissing();
    const distribution = this.#allocations.get(allocationId);
    const receipts = distribution?.receipts.filter(
      (receipt) => receipt.allocationId === allocationId && receipt.id === id,
    );
    if (distribution === undefined || receipts === undefined || receipts.length === 0) {
      return refuse('receipt-unknown', `Allocation ${allocationId} paid nothing to ${id}.`);
    }
    if (receipts.every(({ reversed }) => reversed !== null)) return alreadyReversed(`What ${id} got`);
    const executed = this.#executed(distribution);
    if (executed !== null) return executed;
    for (const receipt of receipts) this.#takeBack(receipt, reason, event);
    return null;
  }

  /** Books the opposite. A balance that was spent goes below zero: one person's spending does not keep a mistake in place. */
  #takeBack(receipt: BookedReceipt, reason: string, event: string): void {
    if (receipt.reversed !== null) return;
    receipt.reversed = reason;
    const { id, amount, balanceLife } = receipt;
    this.#identities.member(id)!.paid -= amount;
    this.#post({ event, book: 'paid', from: id, to: issuance, amount, note: reason });
    if (balanceLife !== this.#balanceLife) return; // written off since
    for (const [member, part] of this.#parts(this.#identities.groupOf(id)!, id, amount)) {
      this.#moveBalance(member, null, part, event, reason);
    }
  }

  #executed({ id }: Distribution): Refusal | null {
    if (this.#tracked?.get(id) !== true) return null;
    return refuse('distribution-executed', `Distribution ${id} was paid outside, which no entry here can take back.`);
  }

  #markExecuted(id: string): Refusal | null {
    if (this.#tracked === null) return refuse('tracking-disabled', 'Distributions are not tracked.');
    const executed = this.#tracked.get(id);
    if (executed === undefined) return refuse('not-tracked', `Distribution ${id} is not tracked.`, 'id');
    if (executed) return refuse('already-executed', `Distribution ${id} was executed already.`, 'id');
    this.#tracked.set(id, true);
    return null;
  }

  /** From whose balance `amount` comes: first the named id's, then the others', as far as they go; the rest is the named id's. */
  #parts(group: Group, named: string, amount: bigint): [Identity, bigint][] {
    const first = this.#identities.member(named)!;
    const parts = new Map<Identity, bigint>();
    let left = amount;
    for (const member of [first, ...group.ids.map((id) => this.#identities.member(id)!)]) {
      if (parts.has(member)) continue;
      const part = member.balance <= 0n ? 0n : member.balance < left ? member.balance : left;
      parts.set(member, part);
      left -= part;
    }
    parts.set(first, parts.get(first)! + left);
    return [...parts];
  }

  /** Null stands for the issuance. */
  #moveBalance(from: Identity | null, to: Identity | null, amount: bigint, event: string, note: string | null): void {
    if (from !== null) from.balance -= amount;
    if (to !== null) to.balance += amount;
    this.#post({ event, book: 'balance', from: from?.id ?? issuance, to: to?.id ?? issuance, amount, note });
  }

  #writeOffBalances(event: string): void {
    this.#balanceLife += 1;
    for (const member of this.#identities.members) {
      if (member.balance > 0n) this.#moveBalance(member, null, member.balance, event, null);
      else this.#moveBalance(null, member, -member.balance, event, null);
    }
  }

  #post(posting: TokenPosting): void {
    if (posting.amount > 0n && posting.from !== posting.to) this.#postings.push(posting);
  }

  #sum(group: Group, of: (member: Identity) => bigint): bigint {
    return group.ids.reduce((sum, id) => sum + of(this.#identities.member(id)!), 0n);
  }

  #view(group: Group, receipts: readonly Receipt[]): Account {
    const { id, name, type, active } = group.root;
    const payoutAddresses = new Map<string, string>();
    for (const member of group.ids) {
      for (const [key, address] of this.#identities.member(member)!.payoutAddresses) {
        if (!payoutAddresses.has(key)) payoutAddresses.set(key, address);
      }
    }
    return {
      id,
      name,
      type,
      address: identityAddress(id),
      active,
      ids: [...group.ids],
      aliases: group.aliases.map(({ address, description }) => ({ address, description })),
      balance: this.#sum(group, (member) => member.balance),
      paid: this.#sum(group, (member) => member.paid),
      payoutAddresses,
      receipts,
    };
  }
}

const viewReceipt = (receipt: BookedReceipt): Receipt => {
  const { distributionId, allocationId, credTimestamp, id, amount, reversed } = receipt;
  return { distributionId, allocationId, credTimestamp, id, amount, reversed };
};

const inactive = ({ root }: Group): Refusal => refuse('inactive-account', `"${root.name}" is not active.`);
const accountingDisabled = (): Refusal =>
  refuse('accounting-disabled', 'There are no balances here while accounting is off; enable it first.');
const invalidCurrency = (found: unknown): Refusal =>
  refuse('invalid-currency', `Found the currency ${JSON.stringify(found)}; accepted: an EVM token, BTC or FIL.`);
const isBlank = (reason: string): boolean => reason.trim() === '';
const reasonMissing = (): Refusal => refuse('reason-missing', 'A reversal needs a written reason.', 'reason');
const alreadyReversed = (what: string): Refusal => refuse('already-reversed', `${what} was reversed already.`);
