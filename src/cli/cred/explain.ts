import type { CredExplanation } from '../../app/cred/explain.ts';
import type { Io } from '../io.ts';
import { credExplanationJson } from '../../views/explanation.ts';
import { indented, json, type Money, table, visible } from '../print.ts';
import { postingsText } from '../postings-text.ts';
import { inUnits, sharingText } from '../sharing-text.ts';
import { credText, namesOf, percentText, periodText } from './options.ts';

/** Writes why somebody gets what it gets of a period of contributions. */
export async function writeCredExplanation(
  io: Io,
  explained: CredExplanation,
  { asJson, limit, money }: { readonly asJson: boolean; readonly limit: number; readonly money: Money },
): Promise<void> {
  const text = asJson ? `${json(credExplanationJson(explained))}\n` : textOf(explained, limit, money);
  await io.stdout.write(text);
}

function textOf(explained: CredExplanation, limit: number, money: Money): string {
  const { view, person, sharing, zero, postings } = explained;
  const cred = (score: bigint): string => credText(view, score);
  const nameOf = namesOf(view);
  const parts = [
    `@${visible(person.name)} (${person.id}) in ${visible(view.program)}, ${periodText(view)}\n`,
    `cred ${cred(person.score)} in the period, ${cred(person.lifetime)} of a lifetime as it is known now\n` +
      (person.sources.length === 0
        ? ''
        : indented(
            table(
              ['source', '>cred', '>part'],
              person.sources.map(({ source, score, tenThousandths }) => [
                source,
                cred(score),
                percentText(tenThousandths),
              ]),
            ),
          )) +
      (person.contributions.length === 0
        ? ''
        : indented(
            table(
              ['>cred', 'of contribution'],
              person.contributions.slice(0, limit).map(({ address, score }) => [cred(score), nameOf(address)]),
            ),
          )) +
      (person.contributions.length > limit
        ? `  ... and ${person.contributions.length - limit} more: prorata cred person ${visible(person.name)}\n`
        : '') +
      (person.remainder === 0n ? '' : `  and ${cred(person.remainder)} that rounding down left\n`),
    zero === null ? '' : `why nothing: ${zero.text} [${zero.code}]\n`,
    sharingText(sharing, {
      money,
      named: 'cred',
      score: (of) => (of.denominator === 1n ? cred(of.numerator) : inUnits(of)),
    }),
    postingsText(postings, money, nameOf),
  ];
  return parts.filter((part) => part !== '').join('\n');
}
