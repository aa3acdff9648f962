/** Forked by host.mjs with a plan: opens one side of a system, and does what it is asked for. */
import { producerRole } from './roles/producer.mjs';
import { workerRole } from './roles/worker.mjs';

const plan = JSON.parse(process.argv[2]);
const roles = { producer: producerRole, worker: workerRole, idle: async () => ({}) };
const { open } = await import(`./${plan.isPeer ? 'peers' : 'systems'}/${plan.system}.mjs`);
const system = await open(plan);
const role = await roles[plan.role](system, plan);

const calls = {
  ready: () => true,
  memory: () => process.memoryUsage().rss,
  ...role,
  close: () => system.close(),
};

process.on('message', ({ id, name, args }) => {
  Promise.resolve()
    .then(() => calls[name](...args))
    .then(
      (value) => process.send({ id, value }),
      (error) => process.send({ id, error: `${error.stack ?? error}` }),
    );
});
process.on('disconnect', () => process.exit());
