import type { Endpoint } from '../api/endpoint.js';
import { schemaOf, type Fields, type Schema } from '../api/fields.js';
import { SCHEMAS, ref } from './schemas.js';

/** The OpenAPI 3.1 document of these endpoints, below any path. */
export function openApiDocument(endpoints: readonly Endpoint[]): Schema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const served of endpoints) {
    const path = `/${served.path.replaceAll(/:(\w+)/g, '{$1}')}`;
    (paths[path] ??= {})[served.method.toLowerCase()] = operation(served);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Jobs of a Warren application',
      version: '1',
      description:
        'Jobs, queues, dead letters, schedules and workers; and work for workers in any language. Which requests are allowed, the application decides. Errors are application/problem+json.',
    },
    // Relative to where the document is.
    servers: [{ url: '.' }],
    tags: [...new Set(endpoints.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: SCHEMAS },
  };
}

function operation(served: Endpoint): Schema {
  const { id, tag, summary, action, params, query, body, status, answer, problems } = served;
  const hasBody = Object.keys(body).length > 0;
  const parameters = [...parametersOf(params, 'path'), ...parametersOf(query, 'query')];
  const own = Object.entries(problems).map(([code, description]) => [code, problemOf(description)]);
  return {
    operationId: id,
    tags: [tag],
    summary,
    'x-warren-action': action,
    ...(parameters.length > 0 && { parameters }),
    ...(hasBody && {
      requestBody: {
        required: Object.values(body).some(({ isRequired }) => isRequired),
        content: { 'application/json': { schema: schemaOf(body) } },
      },
    }),
    responses: {
      [status]: { description: 'It is so.', content: { 'application/json': { schema: answer } } },
      ...(Object.fromEntries(own) as Schema),
      default: problemOf('Why it is not so.'),
    },
  };
}

function parametersOf(fields: Fields, place: 'path' | 'query'): Schema[] {
  return Object.entries(fields).map(([name, { text, isRequired, kind }]) => ({
    name,
    in: place,
    required: isRequired,
    description: text,
    schema: kind.schema,
    // Lists are separated by commas.
    ...(kind.schema['type'] === 'array' && { style: 'form', explode: false }),
  }));
}

function problemOf(description: string): Schema {
  return { description, content: { 'application/problem+json': { schema: ref('Problem') } } };
}
