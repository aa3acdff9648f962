import 'reflect-metadata';
import { Validator } from '@seriousme/openapi-schema-validator';
import { ApiApp } from '../support/api-app.js';
import { ENDPOINTS } from '../../libs/dashboard/src/openapi/endpoints.js';

/** The document against the routes that there are. */

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}

describe('openapi.json', () => {
  let app: ApiApp;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- looked at piece by piece
  let document: any;

  beforeAll(async () => {
    app = await ApiApp.start();
    document = (await app.ask('GET', 'openapi.json')).body;
  });
  afterAll(() => app.close());

  it('is a valid OpenAPI 3.1 document', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(document as Record<string, unknown>);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  it('tells of every route that Nest has, and of no other', () => {
    const { router } = app.app.getHttpAdapter().getInstance() as { router: { stack: readonly Layer[] } };
    const routes = router.stack.flatMap(({ route }) =>
      route?.path.startsWith('/warren/')
        ? Object.keys(route.methods).map((method) => `${method} ${route.path.slice('/warren'.length)}`)
        : [],
    );
    const told = Object.entries(document.paths as Record<string, object>).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(told.length).toBeGreaterThan(30);
    expect(told.sort()).toEqual(routes.sort());
  });

  it('names each operation once, and every schema that it speaks of', () => {
    const ids = ENDPOINTS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const refs = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
      ([, name]) => name,
    );
    for (const name of refs) expect(document.components.schemas).toHaveProperty(name!);
  });

  it('declares the parameters of every path', () => {
    for (const { path, params } of ENDPOINTS) {
      const named = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
      expect(Object.keys(params)).toEqual(named);
    }
  });
});
