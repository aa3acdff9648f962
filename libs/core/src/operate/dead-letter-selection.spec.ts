import { groupKey } from './dead-letter-groups.js';
import { chooser, type DeadLetterSelection } from './dead-letter-selection.js';
import type { DeadLetter } from './dead-letter.js';

const letter = {
  id: 'a',
  type: 'email:new',
  reason: 'exhausted',
  error: 'SmtpError: 421 try later',
  failedAt: new Date(1_000),
} as DeadLetter;

const isChosen = (selection: DeadLetterSelection, of: DeadLetter = letter): boolean =>
  chooser(selection, 'call')(of.id, () => of);

describe('a selection of dead letters', () => {
  it.each([
    [{ type: 'email:new' }, true],
    [{ type: 'email:' }, true],
    [{ type: 'email' }, false],
    [{ reason: 'exhausted' }, true],
    [{ reason: 'poison' }, false],
    [{ error: 'smtperror' }, true],
    [{ error: 'smtperror', reason: 'poison' }, false],
    [{ group: groupKey(letter) }, true],
    [{ group: 'ffffffff' }, false],
    [{ failedAfter: new Date(1_000) }, true],
    [{ failedBefore: new Date(1_000) }, false],
  ] as const)('by %j is %s', (filter, expected) => {
    expect(isChosen({ filter })).toBe(expected);
  });

  it('by time leaves out what has none', () => {
    const ofBroker = { ...letter, failedAt: undefined };
    expect(isChosen({ filter: { failedAfter: new Date(0) } }, ofBroker)).toBe(false);
    expect(isChosen({ filter: { failedBefore: new Date(9_000) } }, ofBroker)).toBe(false);
  });

  it.each([
    [{ filter: {} }, /says nothing/],
    [{ filter: { reason: undefined } }, /says nothing/],
    [{ filter: 7 }, /no object/],
    [{ filter: { reson: 'x' } }, /filter\.reson: there is no such member/],
    [{ filter: { reason: 'x' } }, /filter\.reason: give one of exhausted/],
    [{ filter: { error: '' } }, /filter\.error: give a text/],
    [{ filter: { failedAfter: 'yesterday' } }, /filter\.failedAfter: give a valid Date/],
    [{ filter: { type: 'a' }, all: true }, /filter and all exclude each other/],
    [{}, /all: true/],
  ])('%j is refused', (selection, message) => {
    expect(() => chooser(selection as never, 'call')).toThrow(message);
  });
});
