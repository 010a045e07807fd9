import type { CredExplanation } from '../../app/cred/explain.ts';
import type { CredAbout } from '../../app/cred/view.ts';
import type { Io } from '../io.ts';
import { counted, type Money, visible } from '../print.ts';
import { credText, timeText } from './options.ts';

/** Writes what is known of somebody in a program of contributions: who it is, its cred so far, and what it got. */
export async function writeCredAccount(
  io: Io,
  { view, person, sharing }: CredExplanation<CredAbout>,
  { money, count, liquid }: { readonly money: Money; readonly count: number; readonly liquid: bigint },
): Promise<void> {
  const { id, name, active, aliases, score, lifetime, paid, lastActivity } = person;
  const excluded = view.reading.excluded.includes(id);
  const lines = [
    `@${visible(name)} (${id}) in ${visible(view.program)}${excluded ? ': excluded' : active ? '' : ': not active'}`,
    `aliases  ${shownAliases(aliases)}`,
    `cred     ${credText(view, score)} in period ${view.period} as it stands, ${credText(view, lifetime)} of a lifetime`,
    `paid     ${money.full(liquid)} in ${counted(count, 'payout')}${paid === liquid ? '' : `; ${money.full(paid)} with what came from elsewhere, less what was taken back`}`,
    ...((sharing?.owedBefore ?? 0n) > 0n ? [`owed     ${money.full(sharing!.owedBefore)}, which waits`] : []),
    `active   ${lastActivity === null ? 'never yet' : `last at ${timeText(lastActivity)}`}`,
  ];
  await io.stdout.write(`${lines.join('\n')}\n`);
}

/** Nodes of identities themselves. */
const identityNodes = 'sourcecred/core/IDENTITY/';

/** Ids that were merged are addresses too, but no places where somebody did something. */
function shownAliases(aliases: readonly string[]): string {
  const places = aliases.filter((alias) => !alias.startsWith(identityNodes));
  const merged = aliases.length - places.length;
  const shown = places.length === 0 ? 'none' : places.map(visible).join(', ');
  return merged === 0 ? shown : `${shown}; and ${counted(merged, 'id')} merged into it`;
}
