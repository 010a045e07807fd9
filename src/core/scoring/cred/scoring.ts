import {
  amountOf,
  choiceOf,
  listOf,
  nameOf,
  objectOf,
  onlyFields,
  type Raw,
  refusal,
  secondIn,
} from '../../events/read-field.ts';
import { compareBytes } from '../../bytes.ts';
import { checkPrefix } from './address.ts';
import { type IntervalKind, intervalKinds } from './intervals.ts';
import { applyBudgets, bonusMints } from './minting.ts';
import { checkParameters, credDefaults, type CredParameters } from './parameters.ts';
import { weightText } from './weight-text.ts';

/**
 * How a program scores contributions, as data, as it is stored: numbers as canonical decimals (`weightText`), instants in
 * milliseconds, lists in the order of their addresses.
 */
export interface CredScoring {
  readonly model: 'cred';
  readonly alpha: string;
  readonly beta: string;
  readonly gammaForward: string;
  readonly gammaBackward: string;
  /** Time is cut into these, and at the boundaries of periods; `periods`: only at those. */
  readonly interval: IntervalKind | 'periods';
  /** Units of a whole score in one cred. */
  readonly factor: string;
  /** By prefix of the address; they multiply along it. */
  readonly nodes: readonly { readonly address: string; readonly weight: string }[];
  readonly edges: readonly { readonly address: string; readonly forward: string; readonly backward: string }[];
  /** Most that is minted under a prefix in an interval, from an instant on. */
  readonly budgets: readonly { readonly prefix: string; readonly periods: readonly FromOn[] }[];
  /** Identities that get a part of all that an interval mints, on top. */
  readonly dependencies: readonly { readonly identity: string; readonly periods: readonly FromOn[] }[];
}

interface FromOn {
  readonly from: number;
  readonly value: string;
}

const fields = [
  'model',
  'alpha',
  'beta',
  'gamma_forward',
  'gamma_backward',
  'interval',
  'factor',
  'weights',
  'budgets',
  'dependencies',
];

/** Units of a score in one cred, unless a program says otherwise. */
export const credFactorDefault = 1_000_000n;

/**
 * The scoring of a cred program from the keys of prorata.yaml or of a `rules` event; `field` is where they stand. Throws
 * InvalidInputError with the path in `field`: `event-field-missing`, `event-field-invalid`, `event-field-unknown`,
 * `graph-weight-...`, `cred-factor-invalid`, and those of `checkParameters`, `checkPrefix`, `applyBudgets`.
 */
export function parseCredScoring(value: unknown, field: string): CredScoring {
  const raw = objectOf(value, field);
  onlyFields(raw, field, fields);
  const weights = objectOf(raw['weights'] ?? {}, `${field}.weights`);
  onlyFields(weights, `${field}.weights`, ['nodes', 'edges']);
  const parameter = (name: string, usual: number): string => weightText(raw[name] ?? usual, `${field}.${name}`);
  const scoring: CredScoring = {
    model: 'cred',
    alpha: parameter('alpha', credDefaults.alpha),
    beta: parameter('beta', credDefaults.beta),
    gammaForward: parameter('gamma_forward', credDefaults.gammaForward),
    gammaBackward: parameter('gamma_backward', credDefaults.gammaBackward),
    interval: choiceOf(raw['interval'] ?? 'weeks', `${field}.interval`, [...intervalKinds, 'periods'] as const),
    factor: factorIn(raw, field),
    nodes: byAddress(weights['nodes'], `${field}.weights.nodes`, (weight, path) => ({
      weight: weightText(weight, path),
    })),
    edges: byAddress(weights['edges'], `${field}.weights.edges`, edgeWeightIn),
    budgets: byAddress(raw['budgets'], `${field}.budgets`, (list, path) => ({
      periods: periodsIn(list, path, 'budget'),
    })).map(({ address: prefix, periods }) => ({ prefix, periods })),
    dependencies: Object.entries(objectOf(raw['dependencies'] ?? {}, `${field}.dependencies`))
      .toSorted(([a], [b]) => compareBytes(a, b))
      .map(([identity, list]) => {
        const path = `${field}.dependencies.${identity}`;
        return { identity: nameOf(identity, path), periods: periodsIn(list, path, 'weight') };
      }),
  };
  checkParameters(parametersOf(scoring));
  // What contradicts itself is found by using it on nothing.
  applyBudgets([], mintBudgetsOf(scoring), []);
  bonusMints(
    [],
    dependenciesOf(scoring, (identity) => identity),
    [],
  );
  return scoring;
}

function factorIn(raw: Raw, field: string): string {
  const factor = raw['factor'] === undefined ? credFactorDefault : amountOf(raw['factor'], `${field}.factor`);
  if (factor >= 1n && factor <= 10n ** 36n) return `${factor}`;
  throw refusal('cred-factor-invalid', `${field}.factor`, raw['factor'], 'no factor', 'a whole number from 1 to 10^36');
}

function edgeWeightIn(value: unknown, path: string): { forward: string; backward: string } {
  const raw = objectOf(value, path);
  onlyFields(raw, path, ['forward', 'backward']);
  return {
    forward: weightText(raw['forward'] ?? 1, `${path}.forward`),
    backward: weightText(raw['backward'] ?? 1, `${path}.backward`),
  };
}

function byAddress<T extends object>(
  value: unknown,
  field: string,
  read: (value: unknown, path: string) => T,
): (T & { readonly address: string })[] {
  return Object.entries(objectOf(value ?? {}, field))
    .toSorted(([a], [b]) => compareBytes(a, b))
    .map(([address, item]) => {
      checkPrefix(address);
      return { address, ...read(item, `${field}.${address}`) };
    });
}

function periodsIn(value: unknown, field: string, name: 'budget' | 'weight'): FromOn[] {
  return listOf(value, field).map((item, index) => {
    const path = `${field}[${index}]`;
    const raw = objectOf(item, path);
    onlyFields(raw, path, ['from', name]);
    return { from: secondIn(raw['from'], `${path}.from`) * 1000, value: weightText(raw[name], `${path}.${name}`) };
  });
}

/** Exact inverse of parseCredScoring; keys in a fixed order, so that JSON.stringify of it is canonical. */
export function credScoringToFile(scoring: CredScoring): Record<string, unknown> & { readonly model: 'cred' } {
  const { alpha, beta, gammaForward, gammaBackward, interval, factor, nodes, edges, budgets, dependencies } = scoring;
  const periods = (name: string, list: readonly FromOn[]): Record<string, unknown>[] =>
    list.map(({ from, value }) => ({ from: from / 1000, [name]: value }));
  return {
    model: 'cred',
    alpha,
    beta,
    gamma_forward: gammaForward,
    gamma_backward: gammaBackward,
    interval,
    factor,
    weights: {
      nodes: Object.fromEntries(nodes.map(({ address, weight }) => [address, weight])),
      edges: Object.fromEntries(edges.map(({ address, forward, backward }) => [address, { forward, backward }])),
    },
    budgets: Object.fromEntries(budgets.map((budget) => [budget.prefix, periods('budget', budget.periods)])),
    dependencies: Object.fromEntries(dependencies.map((one) => [one.identity, periods('weight', one.periods)])),
  };
}

// What is stored, as numbers to compute with: each text is the double next to it.

export const parametersOf = ({ alpha, beta, gammaForward, gammaBackward }: CredScoring): CredParameters => ({
  alpha: Number(alpha),
  beta: Number(beta),
  gammaForward: Number(gammaForward),
  gammaBackward: Number(gammaBackward),
});

export const nodeRulesOf = ({ nodes }: CredScoring): { readonly address: string; readonly weight: number }[] =>
  nodes.map(({ address, weight }) => ({ address, weight: Number(weight) }));

export const edgeRulesOf = ({ edges }: CredScoring) =>
  edges.map(({ address, forward, backward }) => ({ address, forward: Number(forward), backward: Number(backward) }));

export const mintBudgetsOf = ({ budgets }: CredScoring) =>
  budgets.map(({ prefix, periods }) => ({ prefix, periods: periods.map(numbered) }));

/** `nodeOf` gives the node of an identity. */
export const dependenciesOf = ({ dependencies }: CredScoring, nodeOf: (identity: string) => string) =>
  dependencies.map(({ identity, periods }) => ({ recipient: nodeOf(identity), periods: periods.map(numbered) }));

const numbered = ({ from, value }: FromOn) => ({ startMs: from, value: Number(value) });
