/** Numbers of AMQP 0-9-1 (specification, sections 2.3 and 4.2) that writing and reading frames share. */

/** Types of frames. */
export const METHOD = 1;
export const HEADER = 2;
export const BODY = 3;

export const FRAME_END = 0xce;

/** Type, channel and size before a payload, the end mark behind it. */
export const FRAME_OVERHEAD = 8;

/** The class of all that has to do with messages. */
export const BASIC = 60;

/** Which properties a message has, in the order in which they are written. */
export const FLAG = {
  contentType: 0x8000,
  contentEncoding: 0x4000,
  headers: 0x2000,
  deliveryMode: 0x1000,
  priority: 0x0800,
  correlationId: 0x0400,
  replyTo: 0x0200,
  expiration: 0x0100,
  messageId: 0x0080,
  timestamp: 0x0040,
  type: 0x0020,
  appId: 0x0008,
} as const;
