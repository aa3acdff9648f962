import { JOB_STATES } from 'nestjs-warren/ports';
import { STATES } from './options.js';

it('the states that help names are all there are: they are written again, as help loads nothing of the core', () => {
  expect(STATES).toEqual(JOB_STATES);
});
