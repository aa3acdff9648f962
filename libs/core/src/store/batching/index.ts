export { BatchedRecords, type BatchedRecordsParts, type BatchedRecordsStatus } from './batched-records.js';
export { BATCH_LIMITS, type BatchLimits } from './limits.js';
export type { AvailabilityListener, StoreCall } from './availability.js';
