import { InvalidInputError } from '../../core/errors.ts';
import { addressOf } from '../../core/scoring/cred/address.ts';
import type { PersonalAttribution } from '../../core/scoring/cred/attributions.ts';
import type { MintBudget, Period } from '../../core/scoring/cred/minting.ts';
import {
  dateAt,
  fieldAt,
  fieldError,
  flagAt,
  mapAt,
  optional,
  pathOf,
  type Place,
  entriesAt,
  textAt,
  weightAt,
} from './fields.ts';

/** A dependency of the community, that gets a part of what is minted on top. */
export interface InstanceDependency {
  /** Id of its identity; null: nobody has its name yet, and the reference would make a PROJECT of it at its next run. */
  readonly identity: string | null;
  readonly name: string;
  readonly periods: readonly Period[];
  /** Whether a new identity would be active at once. */
  readonly activate: boolean;
  /** The weight that a new one without periods would have from that run on; null: none. */
  readonly startWeight: number | null;
}

/** Who an identity is now, by any id or the name of it; null where there is none. */
export interface Directory {
  readonly byId: (id: string) => string | null;
  readonly byName: (name: string) => string | null;
}

/** `config/dependencies.json`. Throws `instance-field-invalid`, `instance-identity-unknown`. */
export const readDependencies = (place: Place, directory: Directory): InstanceDependency[] =>
  mapAt(place, (item) => {
    const name = fieldAt(item, 'name');
    const id = fieldAt(item, 'id');
    return {
      identity: id.value === undefined ? directory.byName(textAt(name)) : knownId(id, directory),
      name: textAt(name),
      periods: periodsAt(fieldAt(item, 'periods'), 'weight'),
      activate: optional(fieldAt(item, 'autoActivateOnIdentityCreation'), flagAt, false),
      startWeight: optional(fieldAt(item, 'autoInjectStartingPeriodWeight'), weightAt, null),
    };
  });

/**
 * `config/pluginBudgets.json`: most that the nodes of a plugin mint in a week. A plugin's nodes are those below its own name,
 * `sourcecred/github`, as of every plugin that SourceCred brings.
 */
export function readBudgets(place: Place): MintBudget[] {
  const length = fieldAt(place, 'intervalLength');
  if (length.value !== 'WEEKLY') throw fieldError(length, '"WEEKLY"');
  return entriesAt(fieldAt(place, 'plugins')).map(([plugin, periods]) => {
    if (!isPluginName(plugin)) throw fieldError({ ...periods, value: plugin }, 'a plugin such as "sourcecred/github"');
    return { prefix: addressOf(plugin.split('/')), periods: periodsAt(periods, 'budget') };
  });
}

/** `config/personalAttributions.json`, with identities as they are now. Throws `instance-field-invalid`, `instance-identity-unknown`. */
export const readAttributions = (place: Place, directory: Directory): PersonalAttribution[] =>
  mapAt(place, (item) => ({
    from: identityAt(item, 'fromParticipant', directory),
    recipients: mapAt(fieldAt(item, 'recipients'), (recipient) => ({
      to: identityAt(recipient, 'toParticipant', directory),
      proportions: mapAt(fieldAt(recipient, 'proportions'), (proportion) => {
        const value = weightAt(fieldAt(proportion, 'decimalProportion'));
        if (value > 1) throw fieldError(fieldAt(proportion, 'decimalProportion'), 'a part, 0 to 1');
        return { timestampMs: dateAt(fieldAt(proportion, 'startDate')), value };
      }),
    })),
  }));

/** `sourcecred.json`: the names of the plugins whose graphs count. */
export const readPlugins = (place: Place): string[] =>
  mapAt(fieldAt(place, 'bundledPlugins'), (item) => {
    const plugin = textAt(item);
    if (!isPluginName(plugin)) throw fieldError(item, 'a plugin such as "sourcecred/github"');
    return plugin;
  });

/** Two parts that are also safe as names of folders. */
const isPluginName = (name: string): boolean => /^[\w-]+\/[\w-]+$/.test(name);

const periodsAt = (place: Place, field: string): Period[] =>
  mapAt(place, (period) => ({
    startMs: dateAt(fieldAt(period, 'startTime')),
    value: weightAt(fieldAt(period, field)),
  }));

/** By the id where there is one, else by the name. */
function identityAt(place: Place, field: string, directory: Directory): string {
  const id = fieldAt(place, `${field}Id`);
  if (id.value !== undefined) return knownId(id, directory);
  const name = fieldAt(place, `${field}Name`);
  return directory.byName(textAt(name)) ?? unknown(name);
}

const knownId = (place: Place, directory: Directory): string => directory.byId(textAt(place)) ?? unknown(place);

function unknown(place: Place): never {
  const [{ file, value }, path] = [place, pathOf(place)];
  const found = String(value).slice(0, 60);
  throw new InvalidInputError(
    'instance-identity-unknown',
    `${file.name}, ${path}: found ${JSON.stringify(found)}, whom the ledger does not know; accepted: an identity of it.`,
    { file: file.name, field: path, found },
  );
}
