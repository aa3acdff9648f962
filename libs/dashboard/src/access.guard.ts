import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { WarrenError } from 'nestjs-warren';
import type { ApiCall } from './access.js';
import { endpointOf } from './api/endpoint.js';
import type { ApiRequest } from './exchange.js';
import { whyCrossSite, whyNotLocal } from './same-site.js';
import { API, type ApiParts } from './tokens.js';

/** Asks the access function for each request; it runs after the guards of the application. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(@Inject(API) private readonly parts: ApiParts) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { id: operation, action } = endpointOf(context.getHandler());
    const request = context.switchToHttp().getRequest<ApiRequest>();
    const why = whyCrossSite(request);
    if (why !== undefined) throw forbidden(operation, `${why}; send it from a page of the same origin`);
    const { policy } = this.parts;
    switch (policy.kind) {
      case 'guards':
        return true;
      case 'loopback': {
        const notLocal = whyNotLocal(request);
        if (notLocal === undefined) return true;
        throw forbidden(
          operation,
          `without guards and access, requests of this machine alone are served, and ${notLocal}`,
        );
      }
      case 'function': {
        const call: ApiCall = { action, operation, params: { ...(request['params'] as ApiCall['params']) } };
        const answer: unknown = await policy.access(request, call);
        if (answer === true) return true;
        throw forbidden(operation, `the access function said no to '${action}'`);
      }
    }
  }
}

function forbidden(operation: string, why: string): WarrenError {
  return new WarrenError('WARREN_FORBIDDEN', `${operation} is refused: ${why}.`);
}
