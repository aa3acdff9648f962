import { parseVersion } from './broker-version.js';
import { CAPABILITIES, can, type CapabilityName } from './capabilities.js';

const names = Object.keys(CAPABILITIES) as CapabilityName[];
const of = (version: string) => names.filter((name) => can(parseVersion(version), name));

describe('what a server can do', () => {
  it('is read from its version', () => {
    expect(of('3.9.29')).toEqual([]);
    expect(of('3.10.8')).toEqual(['delayLadder', 'soundCycleDetection']);
    expect(of('4.0.5')).toEqual([
      'delayLadder',
      'streamFlagRequired',
      'timeoutPerQueue',
      'soundCycleDetection',
      'defaultDeliveryLimit',
      'priorities',
    ]);
    expect(of('4.3.6')).toEqual(names);
    expect(of('5.0.0')).toEqual(names);
  });

  it.each(['3.13.0', '3.13.2'])('has a gap: %s', (version) => {
    expect(of(version)).not.toContain('soundCycleDetection');
  });

  it.each(['3.12.14', '3.13.3', '4.0.0'])('has none around the gap: %s', (version) => {
    expect(of(version)).toContain('soundCycleDetection');
  });

  it('is nothing where the version is unknown', () => {
    expect(of('unknown')).toEqual([]);
  });

  it.each(['4.3.0-rc.1', '4.3.6+debian', '4.3'])('is found in %s', (version) => {
    expect(can(parseVersion(version), 'timeoutPerConsumer')).toBe(true);
  });
});
