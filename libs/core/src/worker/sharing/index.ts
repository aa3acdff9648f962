export { HandlerCaps } from './handler-caps.js';
export { Lane, type LaneOwner } from './lane.js';
export { LaneGroup } from './lane-group.js';
export { SlotShare } from './slot-share.js';
