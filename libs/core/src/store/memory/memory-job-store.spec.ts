import { jobStoreContract } from '../../testing/contract/index.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { MemoryJobStore } from './index.js';

jobStoreContract('memory', async () => {
  const clock = new ManualClock();
  const store = new MemoryJobStore({ clock });
  await store.start();
  return {
    store,
    connect: () => Promise.resolve(store.connect()),
    passTime: (ms) => clock.advance(ms),
    passDays: (days) => clock.advance(days * 86_400_000),
    dispose: () => store.close(),
  };
});
