import { Controller } from '@nestjs/common';
import { Serves, endpoint } from '../api/endpoint.js';
import type { Schema } from '../api/fields.js';
import { ENDPOINTS } from './endpoints.js';
import { openApiDocument } from './document.js';

export const getOpenApi = endpoint({
  id: 'getOpenApi',
  method: 'GET',
  path: 'openapi.json',
  action: 'read',
  tag: 'this document',
  summary: 'The OpenAPI document of this API.',
  answer: { type: 'object' },
});

const DOCUMENT = openApiDocument([...ENDPOINTS, getOpenApi]);

@Controller()
export class OpenApiController {
  @Serves(getOpenApi)
  document(): Schema {
    return DOCUMENT;
  }
}
