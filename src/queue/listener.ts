/** Events of the shards' queue: what any worker or client says, heard by all who listen. */
import { randomUUID } from 'node:crypto';
import {
  type IQueueBackend,
  QueueEvents,
  type QueueEventsListener,
  QueueEventsProducer,
} from 'bullmq';
import type { Logger } from '../log.ts';
import { createBackend, shardsQueue } from './backend.ts';
import { closeWithinMs, type QueueConnection } from './connection.ts';
import { logErrors } from './error-log.ts';
import { settlesWithin } from './patience.ts';

/** Tells workers to give a run up. */
export const cancelEvent = 'cancel';
/** Tells the others that a worker has nothing to do. */
export const idleEvent = 'idle';
/** A listener's own, to find out that it hears. */
const echoEvent = 'echo';
const echoEveryMs = 50;

export interface QueueListener {
  events: QueueEvents<unknown, IQueueBackend, string>;
  /** Resolves when nothing that is said from now on will be missed; rejects when the server cannot be listened to. */
  hears(): Promise<void>;
  onCancel(listener: (runId: string) => void): void;
  onIdle(listener: (workerId: string) => void): void;
  close(): Promise<void>;
}

interface OwnEvents extends QueueEventsListener {
  [cancelEvent]: (event: { runId: string }, id: string) => void;
  [idleEvent]: (event: { workerId: string }, id: string) => void;
  [echoEvent]: (event: { of: string }, id: string) => void;
}

/**
 * Listens on a connection of its own. A listener starts at the newest event but does not say when it has started, so it is
 * known to hear once it hears itself.
 */
export function openListener(connection: QueueConnection, log: Logger): QueueListener {
  const events = new QueueEvents(shardsQueue, connection.options, createBackend);
  events.on('error', logErrors(log, 'queue events'));
  let repeat: NodeJS.Timeout | undefined;
  return {
    events,
    async hears() {
      await events.waitUntilReady();
      const self = randomUUID();
      await new Promise<void>((resolve) => {
        events.on<OwnEvents, typeof echoEvent>(echoEvent, ({ of }) => of === self && resolve());
        const say = () => tellListeners(connection, { eventName: echoEvent, of: self });
        repeat = setInterval(() => say().catch(() => {}), echoEveryMs);
        say().catch(() => {});
      });
      clearInterval(repeat);
    },
    onCancel(listener) {
      events.on<OwnEvents, typeof cancelEvent>(cancelEvent, ({ runId }) => listener(runId));
    },
    onIdle(listener) {
      events.on<OwnEvents, typeof idleEvent>(idleEvent, ({ workerId }) => listener(workerId));
    },
    async close() {
      clearInterval(repeat);
      await settlesWithin(events.close(), closeWithinMs);
    },
  };
}

export async function tellListeners(
  { options, shared }: QueueConnection,
  event:
    | { eventName: typeof cancelEvent; runId: string }
    | { eventName: typeof idleEvent; workerId: string }
    | { eventName: typeof echoEvent; of: string },
): Promise<void> {
  await new QueueEventsProducer(shardsQueue, options, shared).publishEvent(event);
}
