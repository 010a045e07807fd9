import { InvalidInputError } from '../../errors.ts';

/** What becomes of cred at each step; each from 0 to 1, together at most 1. */
export interface CredParameters {
  /** Part that goes back to where cred is minted. */
  readonly alpha: number;
  /** Part of what reaches a participant that is its cred. Above 0: else nobody would have any. */
  readonly beta: number;
  /** Part that goes on to the same participant's next interval. */
  readonly gammaForward: number;
  /** Part that goes to the same participant's interval before. */
  readonly gammaBackward: number;
}

export const credDefaults: CredParameters = { alpha: 0.1, beta: 0.4, gammaForward: 0.1, gammaBackward: 0.1 };

/** What goes out over edges to contributions, of a participant's interval. The sum is taken as the reference takes it. */
export function spreadOf({ alpha, beta, gammaForward, gammaBackward }: CredParameters): number {
  return 1 - (alpha + beta + gammaForward + gammaBackward);
}

/** Throws InvalidInputError `cred-parameters-invalid`. */
export function checkParameters(parameters: CredParameters): void {
  const { alpha, beta, gammaForward, gammaBackward } = parameters;
  for (const [name, value] of Object.entries({ alpha, beta, gammaForward, gammaBackward })) {
    if (!(value >= 0 && value <= 1)) throw parametersError(`${name} ${value}`, 'each from 0 to 1');
  }
  if (beta === 0) throw parametersError('beta 0', 'a beta above 0, as cred is what beta takes');
  if (spreadOf(parameters) < 0) {
    throw parametersError(`a sum of ${alpha + beta + gammaForward + gammaBackward}`, 'a sum of at most 1');
  }
}

const parametersError = (found: string, accepted: string): InvalidInputError =>
  new InvalidInputError('cred-parameters-invalid', `Cred parameters: found ${found}; accepted: ${accepted}.`, {
    found,
  });
