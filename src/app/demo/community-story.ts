import type { ProrataEvent } from '../../core/events/event.ts';
import { parseSharing } from '../../core/payout/policies/sharing.ts';
import { Prng } from '../../core/population/prng.ts';
import type { ProgramDefinition } from '../../core/program.ts';
import { parseCredScoring } from '../../core/scoring/cred/scoring.ts';
import type { Action } from '../../core/token/event.ts';
import { identityAddress, type IdentityType, windowId } from '../../core/token/names.ts';
import { toNulAddress } from '../../core/token/nul-address.ts';
import { shuffled, someNames } from './names.ts';
import type { Chapter, ToldProgram } from './told-program.ts';

/**
 * A made-up community: weeks in which some thirty people ask, answer and like in a forum, and write and review code; cred goes
 * from what they made to whom it came from, and every week is shared by a mix of policies.
 */

export const communityProgram = 'community';
/** 2025-11-16T00:00:00Z, a Sunday. */
const beginning = 1_763_251_200;
const day = 86_400;
const week = 7 * day;
const weeksSettled = 8;
const weeksPlanned = 26;
/** Days of the week that runs. */
const runningDays = 4;
const weekAmount = 2_000_000_000n;

/** What is made in a week, and how often. */
const ofWeek = { topic: 7, answer: 15, like: 26, pull: 6, review: 9 } as const;
type Made = keyof typeof ofWeek;

/** The weeks in which something out of the ordinary happens. */
const special = { newcomers: 3, late: 4, exclude: 5, reverse: 6 } as const;

interface Member {
  readonly name: string;
  readonly id: string;
  /** Where it is known; of both it is one person. */
  readonly nodes: readonly string[];
}

interface Contribution {
  readonly node: string;
  readonly author: string;
}

const peopleCount = 30;
const coders = 14;

/** Who writes in the forum of the community of a seed, and (the first ones) code. */
export function communityMembers(seed: number): { readonly names: readonly string[]; readonly coders: number } {
  return { names: new CommunityStory(seed).people.map(({ name }) => name), coders };
}

/** The community of a seed. */
export function communityStory(seed: number): ToldProgram {
  return new CommunityStory(seed).tell();
}

class CommunityStory {
  readonly #random: Prng;
  readonly people: readonly Member[];
  readonly #bot: Member;
  readonly #chapters: Chapter[] = [];
  /** What there is to answer, like and review, in the order in which it was made. */
  readonly #posts: Contribution[] = [];
  readonly #pulls: Contribution[] = [];
  #events: ProrataEvent[] = [];
  #count = 0;

  constructor(seed: number) {
    this.#random = new Prng(seed + 3);
    this.people = someNames(this.#random, peopleCount).map((name, index) => ({
      name,
      id: this.#id(),
      nodes: [`forum/user/${name}`, ...(index < coders ? [`code/user/${name}`] : [])],
    }));
    this.#bot = { name: 'greeter-bot', id: this.#id(), nodes: ['forum/user/greeter-bot'] };
  }

  /** Those with a part of their own. Who comes first makes most. */
  get #cast() {
    const at = (index: number): Member => this.people[index]!;
    return {
      busiest: at(0),
      reversed: at(4),
      excluded: at(6),
      inactive: at(8),
      host: at(20),
      newcomers: [at(peopleCount - 3), at(peopleCount - 2)],
      idle: at(peopleCount - 1),
    };
  }

  tell(): ToldProgram {
    const { busiest, idle, newcomers, inactive } = this.#cast;
    for (const member of this.people.filter((one) => !newcomers.includes(one)))
      this.#join(beginning, member, 'USER', member !== inactive);
    this.#join(beginning, this.#bot, 'BOT', false);
    for (let number = 1; number <= weeksSettled + 1; number += 1) this.#week(number);
    return {
      about: `A community: ${peopleCount} people and a bot ask, answer and like in a forum, and write and review code; cred flows to whom it came from. Rounds of a week.`,
      definition: this.#definition(),
      chapters: this.#chapters,
      ask: { period: weeksSettled, paid: busiest.name, unpaid: idle.name },
    };
  }

  #definition(): ProgramDefinition {
    const { host } = this.#cast;
    const policies = [
      { policy: 'immediate', part: '1/5', lookback: 1 },
      { policy: 'recent', part: '1/10', discount: '1/2' },
      { policy: 'special', part: '1/20', recipient: host.id, memo: 'hosts the forum' },
      { policy: 'balanced', part: '13/20' },
    ];
    return {
      name: communityProgram,
      rules: {
        asset: { symbol: 'GRAIN', decimals: 6 },
        pools: [
          {
            name: 'community',
            pays: 'score',
            funding: weekAmount * BigInt(weeksPlanned),
            recipients: [],
            sharing: parseSharing({ policies }, 'sharing'),
          },
        ],
        residual: 'commons',
        scoring: parseCredScoring(
          {
            model: 'cred',
            weights: {
              nodes: {
                'forum/user': 0,
                'code/user': 0,
                'forum/topic': 2,
                'forum/like': '0.25',
                'code/pull': 8,
                'code/review': 2,
              },
              edges: {
                'forum/wrote': { backward: '0.0625' },
                'forum/answers': { backward: '0.25' },
                'forum/likes': { backward: 0 },
                'forum/liked': { forward: '0.0625', backward: 0 },
                'code/wrote': { backward: '0.0625' },
                'code/reviews': { forward: '0.5', backward: '0.25' },
              },
            },
          },
          'scoring',
        ),
        window: { settle: 'multi_block', strategy: 'cut', batchSize: 10 },
        onZeroTotal: 'residual',
        requireAllPools: true,
        requireIds: false,
        minGapSeconds: 0,
      },
      schedule: [
        {
          at: beginning + week,
          allocations: [{ pool: 'community', amount: weekAmount }],
          repeat: { every: week, left: weeksPlanned - 1 },
        },
      ],
      start: beginning,
      excluded: [],
    };
  }

  #week(number: number): void {
    const runs = number > weeksSettled;
    const start = beginning + (number - 1) * week;
    const notes = this.#special(number, start + 600);
    if (number === 1) this.#beginnings(start + 900);
    const all = (Object.keys(ofWeek) as Made[]).flatMap((made) => Array<Made>(ofWeek[made]).fill(made));
    const made = shuffled(this.#random, all).slice(0, runs ? Math.floor((all.length * runningDays) / 7) : undefined);
    const pace = Math.floor((week - 3600) / all.length);
    for (const [index, what] of made.entries())
      this.#make(what, start + 3600 + index * pace + this.#random.below(pace));
    const events = this.#events.toSorted((a, b) => a.time - b.time);
    this.#chapters.push({ events, settleAt: runs ? null : start + week, notes });
    this.#events = [];
  }

  #special(number: number, at: number): string[] {
    const { newcomers, excluded, reversed, busiest, inactive } = this.#cast;
    switch (number) {
      case 1:
        return [`${inactive.name} and ${this.#bot.name} are not activated: they have cred, and are paid nothing`];
      case special.newcomers:
        for (const member of newcomers) this.#join(at, member, 'USER', true);
        return [`${newcomers.map(({ name }) => name).join(' and ')} join`];
      case special.late:
        this.#pull(at - 2 * week, busiest, at);
        return [
          `a pull request of ${busiest.name} from two weeks ago becomes known: what was paid stays, the balanced policy makes up for it`,
        ];
      case special.exclude:
        this.#events.push({ ...this.#base(at), kind: 'exclusion', add: [excluded.id], remove: [] });
        return [`${excluded.name} is excluded: its cred stays, it is paid nothing from here on`];
      case special.reverse:
        this.#token(at, {
          type: 'REVERSE_RECEIPT',
          allocationId: windowId(number - 1),
          identityId: reversed.id,
          reason: 'likes for one another',
        });
        return [
          `what ${reversed.name} got for week ${number - 1} is taken back, with a reason: it is in the pool again`,
        ];
      default:
        return [];
    }
  }

  #make(what: Made, at: number): void {
    const random = this.#random;
    const author = this.#somebody();
    switch (what) {
      case 'topic':
        return this.#post('topic', at, author);
      case 'answer':
        return this.#post('answer', at, random.perMille(100) ? this.#bot : author);
      case 'like':
        return this.#like(at, author);
      case 'pull':
        return this.#pull(at, this.#somebody(coders), at);
      case 'review':
        return this.#review(at, this.#somebody(coders));
    }
  }

  #post(what: 'topic' | 'answer', at: number, { name }: Member): void {
    const number = this.#posts.length + 1;
    const node = `forum/${what}/${number}`;
    const to = what === 'answer' ? this.#recent(this.#posts) : undefined;
    this.#node(node, at, `${what} ${number}`);
    this.#edge(`forum/wrote/${number}`, node, `forum/user/${name}`, at);
    if (to) this.#edge(`forum/answers/${number}`, node, to.node, at);
    this.#posts.push({ node, author: name });
  }

  #like(at: number, { name }: Member): void {
    const post = this.#recent(this.#posts);
    if (post === undefined || post.author === name) return;
    const number = this.#count;
    const node = `forum/like/${number}`;
    this.#node(node, at, `like ${number}`);
    this.#edge(`forum/likes/${number}`, node, post.node, at);
    this.#edge(`forum/liked/${number}`, node, `forum/user/${name}`, at);
  }

  /** `at` is when it was made; it may become known later. */
  #pull(at: number, { name }: Member, known: number): void {
    const number = this.#pulls.length + 1;
    const node = `code/pull/${number}`;
    this.#node(node, at, `pull request ${number}`);
    this.#edge(`code/wrote/pull-${number}`, node, `code/user/${name}`, at);
    if (known === at) this.#pulls.push({ node, author: name });
    else this.#pulls.unshift({ node, author: name });
  }

  #review(at: number, { name }: Member): void {
    const pull = this.#recent(this.#pulls);
    if (pull === undefined || pull.author === name) return;
    const number = this.#count;
    const node = `code/review/${number}`;
    this.#node(node, at, `review ${number}`);
    this.#edge(`code/wrote/review-${number}`, node, `code/user/${name}`, at);
    this.#edge(`code/reviews/${number}`, node, pull.node, at);
  }

  /** One of the newest dozen. */
  #recent(made: readonly Contribution[]): Contribution | undefined {
    const newest = made.slice(-12);
    return newest.length === 0 ? undefined : newest[this.#random.below(newest.length)];
  }

  /** What they write first, so that each has something for any seed. */
  #beginnings(at: number): void {
    const { busiest, reversed, excluded, inactive } = this.#cast;
    for (const [index, author] of [busiest, reversed, excluded, inactive, this.#bot].entries())
      this.#post('topic', at + index * 60, author);
  }

  /** One of the first so many, mostly of the first ones. */
  #somebody(of = peopleCount - 1): Member {
    const { newcomers } = this.#cast;
    const member = this.people[this.#random.below(1 + this.#random.below(of))]!;
    return newcomers.includes(member) && this.#chapters.length + 1 < special.newcomers ? this.people[0]! : member;
  }

  #join(at: number, { name, id, nodes }: Member, subtype: IdentityType, active: boolean): void {
    for (const node of nodes) this.#events.push({ ...this.#base(at), kind: 'node', node, timeless: true, label: name });
    const identity = { id, name, subtype, address: identityAddress(id), aliases: [] };
    this.#token(at, { type: 'CREATE_IDENTITY', identity });
    for (const node of nodes)
      this.#token(at, {
        type: 'ADD_ALIAS',
        identityId: id,
        alias: { address: toNulAddress(node, 'N'), description: node },
      });
    if (active) this.#token(at, { type: 'TOGGLE_ACTIVATION', identityId: id });
  }

  #node(node: string, at: number, label: string): void {
    this.#events.push({ ...this.#base(at), kind: 'node', node, label });
  }

  #edge(edge: string, from: string, to: string, at: number): void {
    this.#events.push({ ...this.#base(at), kind: 'edge', edge, from, to });
  }

  #token(at: number, action: Action): void {
    this.#events.push({ kind: 'token', key: this.#id(), time: at * 1000, action });
  }

  #base(second: number): { key: string; time: number } {
    this.#count += 1;
    return { key: `community-${this.#count}`, time: second * 1000 };
  }

  /** An id of the token ledger (core/token/names.ts), without the letters that may not stand together. */
  #id(): string {
    const letters = 'ABDEGJKLMNOPQRVWXYZabdegjklmnopqrvwxyz0123456789';
    const text = Array.from({ length: 21 }, () => letters[this.#random.below(letters.length)]!).join('');
    return text + 'AQgw'[this.#random.below(4)]!;
  }
}
