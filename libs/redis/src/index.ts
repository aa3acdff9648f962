/** A job store in Redis for nestjs-warren. */
export type { RedisClient, RedisSubscriber, SubscriberListener } from './clients/client.js';
export { fromIoRedis, type IoRedisLike } from './clients/ioredis.js';
export { fromNodeRedis, type NodeRedisLike } from './clients/node-redis.js';
export type { RedisJobStoreOptions } from './options.js';
export { RedisJobStore } from './redis-job-store.js';
