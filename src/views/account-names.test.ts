import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { idOf as idFor, person, sunday, token } from '../../test/app/cred-small.ts';
import { isPeopleEvent, type ProrataEvent } from '../core/events/event.ts';
import { People } from '../core/scoring/cred/people.ts';
import { idOf, namesOf } from './account-names.ts';

function peopleOf(...events: readonly ProrataEvent[]): People {
  const people = new People();
  for (const event of events) assert.equal(isPeopleEvent(event) && people.apply(event), null);
  return people;
}

/** Ada, and bo, who is ada by now; and somebody whose name is the id of bo. */
const [ada, bo] = [idFor('ada'), idFor('bo')];
const people = peopleOf(
  ...person('ada', ['forum', 'user', 'ada'], sunday),
  ...person('bo', ['forum', 'user', 'bo'], sunday),
  ...person(bo, ['forum', 'user', 'odd'], sunday),
  token({ type: 'MERGE_IDENTITIES', base: ada, target: bo }, sunday),
);

describe('src/views/account-names', () => {
  it('finds somebody by an id, or by a name with or without @, whatever the capitals', () => {
    for (const text of ['ada', '@ada', 'ADA', '@Ada', ada]) assert.equal(idOf(people, text), ada);
    // An id is an id; who has it as a name is found with @.
    assert.equal(idOf(people, bo), bo);
    assert.equal(idOf(people, `@${bo}`), idFor(bo));
    assert.throws(() => idOf(people, 'bo'), { code: 'account-unknown', kind: 'not-found' });
    assert.throws(() => idOf(people, 'adaa'), /Did you mean ada\?/);
    assert.throws(() => idOf(people, `@${ada}`), { code: 'account-unknown' });
  });

  it('names ids by who they are now, and leaves alone what is no id', () => {
    const { text, json, account } = namesOf(people);
    assert.deepEqual([ada, bo, 'treasury'].map(text), ['@ada', '@ada', 'treasury']);
    assert.deepEqual([ada, bo, 'treasury'].map(json), [{ name: 'ada' }, { name: 'ada' }, {}]);
    assert.deepEqual(['@ADA', 'ada', bo, 'treasury', '@nobody'].map(account), [ada, ada, bo, 'treasury', '@nobody']);
  });
});
