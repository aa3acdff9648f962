export { MemoryJobStore, type MemoryJobStoreParts } from './memory-job-store.js';
