/** A process that takes one request for a restart, answers it and ends. */
import { writeFileSync } from 'node:fs';
import { messageOf, TopfiveError } from '../errors.ts';
import { measureRestart, type RestartRequest } from '../jobs/measure-restart.ts';
import type { MeasuringReply } from '../launch/measuring-process.ts';

// Where memory runs out, the system shall end this process and no other.
try {
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Not Linux.
}

process.once('message', async (request: RestartRequest) => {
  process.send?.(await replyTo(request), () => process.disconnect());
});

async function replyTo(request: RestartRequest): Promise<MeasuringReply> {
  try {
    return { restart: await measureRestart(request) };
  } catch (error) {
    const kind = error instanceof TopfiveError ? error.kind : null;
    return { error: { message: messageOf(error), kind } };
  }
}
