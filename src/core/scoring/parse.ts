import { choiceOf, objectOf } from '../events/read-field.ts';
import { type CredScoring, credScoringToFile, parseCredScoring } from './cred/scoring.ts';
import { type CrownScoring, crownScoringToFile, parseCrownScoring } from './crown/scoring.ts';

/** The scoring that a `rules` event may replace: the whole of it, of a program that scores by this model. */
export type ReplaceableScoring = CrownScoring | CredScoring;

/** By `model`. Throws as `parseCrownScoring` and `parseCredScoring`. */
export function parseScoring(value: unknown, field: string): ReplaceableScoring {
  const model = choiceOf(objectOf(value, field)['model'], `${field}.model`, ['crown', 'cred'] as const);
  return model === 'crown' ? parseCrownScoring(value, field) : parseCredScoring(value, field);
}

/** Exact inverse; keys in a fixed order. */
export const scoringToFile = (scoring: ReplaceableScoring): Record<string, unknown> & { readonly model: string } =>
  scoring.model === 'crown' ? crownScoringToFile(scoring) : credScoringToFile(scoring);
