export type { LimitAdmission, LimitWait } from './admission.js';
export { LimitGate } from './limit-gate.js';
export { LimitTable, type LimitPatch } from './limit-table.js';
export { WorkerLimits, type LimitOverride, type Places } from './limits.js';
export type { RuleSet } from './rules.js';
export { StoreOutage } from './store-outage.js';
