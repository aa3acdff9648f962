import { headerOf, rawRequest, type ApiRequest } from './exchange.js';

/** What a request tells of where it comes from. */

const LOCAL_NAMES = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * Why a request does not come from this machine; undefined: it does. A proxy on this machine speaks for others, and a
 * page of another site may have bound its name to 127.0.0.1: then the host that was asked for is not this one.
 */
export function whyNotLocal(request: ApiRequest): string | undefined {
  const address = rawRequest(request).socket.remoteAddress ?? '';
  if (!/^(::ffff:)?127\.|^::1$/.test(address)) return `it comes from ${address || 'an unknown address'}`;
  for (const name of ['forwarded', 'x-forwarded-for', 'x-real-ip']) {
    if (headerOf(request, name) !== undefined) return `a proxy hands it on (${name})`;
  }
  const host = headerOf(request, 'host') ?? '';
  return LOCAL_NAMES.test(host) ? undefined : 'it asks for another host than this machine';
}

/**
 * Why a request that changes something was made by a page of another site, with the cookies of its visitor; undefined:
 * it was not. Programs send neither header.
 */
export function whyCrossSite(request: ApiRequest): string | undefined {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  const site = headerOf(request, 'sec-fetch-site');
  if (site !== undefined) {
    return site === 'same-origin' || site === 'none'
      ? undefined
      : `its Sec-Fetch-Site is ${site.slice(0, 20)}`;
  }
  const origin = headerOf(request, 'origin');
  if (origin === undefined) return undefined;
  return hostOf(origin) === headerOf(request, 'host')?.toLowerCase()
    ? undefined
    : 'its Origin is another than the host that it asks';
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}
