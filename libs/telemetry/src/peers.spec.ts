import { loadWith } from './peers.js';

const missing = () =>
  Promise.reject(
    Object.assign(new Error("Cannot find package 'prom-client' imported from here"), {
      code: 'ERR_MODULE_NOT_FOUND',
    }),
  );
const what = { packageName: 'prom-client', option: 'prometheus' };

it('a package that is missing is left out where nobody asked for it, and an error where somebody did', async () => {
  await expect(loadWith(missing, { ...what, isAsked: false })).resolves.toBeUndefined();
  await expect(loadWith(missing, { ...what, isAsked: true })).rejects.toThrow(
    /prometheus needs the package prom-client.*npm install prom-client/,
  );
});

it('what is wrong inside of a package is told, whoever asked', async () => {
  const broken = () => Promise.reject(new Error('broken'));
  await expect(loadWith(broken, { ...what, isAsked: false })).rejects.toThrow('broken');
});
