import { buildLibraries } from './build.js';
import { FaultScene } from './fault-scene.js';
import { BOOT_LIMIT_MS, startRabbitMqNode, type PrivateNode } from './private-node.js';

export interface PrivateScene {
  readonly node: PrivateNode;
  /** A new one for each test. */
  readonly scene: FaultScene;
}

/** Registers hooks that boot a node for this file and make a scene on it for each test, and end both. */
export function privateScene(urlsOf = (node: PrivateNode) => [node.url]): PrivateScene {
  let started: Awaited<ReturnType<typeof startRabbitMqNode>> | undefined;
  let scene: FaultScene | undefined;
  beforeAll(async () => {
    buildLibraries();
    started = await startRabbitMqNode();
  }, BOOT_LIMIT_MS);
  afterAll(() => started?.stop());
  beforeEach(() => {
    scene = new FaultScene(urlsOf(started!.node), { isPrivate: true });
  });
  afterEach(() => scene?.end());
  return {
    get node() {
      return started!.node;
    },
    get scene() {
      return scene!;
    },
  };
}
