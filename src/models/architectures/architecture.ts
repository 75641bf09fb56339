/** The architectures that can be built, as data, and the way from one to its network. */
import { describeEfficientNet, type EfficientNet } from './efficientnet.ts';
import type { Network } from './network.ts';
import { describeResNext, type ResNext } from './resnext.ts';

export type Architecture = EfficientNet | ResNext;

/** An architecture at a size. */
export interface Sized {
  architecture: Architecture;
  /** Side in pixels of the square input. */
  side: number;
  classes: number;
}

/** @returns tensors and nodes, without weights: cheap for the largest of them. */
export function describeNetwork({ architecture, ...size }: Sized): Network {
  switch (architecture.family) {
    case 'efficientnet':
      return describeEfficientNet(architecture, size);
    case 'resnext':
      return describeResNext(architecture, size);
  }
}
