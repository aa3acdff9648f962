// Plain JavaScript without types, which scripts use too.
const portsModule = '../../scripts/services/ports.mjs';

/** For a server of a test; it can be left and taken again. */
export const { freePort } = (await import(portsModule)) as { freePort(): Promise<number> };
