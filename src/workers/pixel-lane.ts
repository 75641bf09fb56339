/** The way to one pixel thread: requests made in the same moment travel in one message, which costs more than they do. */
import type { PixelResult } from '../jobs/ports.ts';
import type { PixelRequest } from './pixel-thread.ts';
import { startThread, threadFile } from './thread.ts';

export interface PixelLane {
  ask(request: PixelRequest): Promise<PixelResult>;
  close(): Promise<void>;
}

interface Waiting {
  request: PixelRequest;
  resolve: (result: PixelResult) => void;
  reject: (error: unknown) => void;
}

export function openPixelLane(): PixelLane {
  const file = threadFile(import.meta.url, './pixel-thread');
  const thread = startThread<PixelRequest[], PixelResult[]>(file);
  let waiting: Waiting[] = [];

  async function send(): Promise<void> {
    const sent = waiting;
    waiting = [];
    try {
      const requests = sent.map(({ request }) => request);
      const moved = requests.flatMap(({ bytes }) => (bytes ? [bytes.buffer as ArrayBuffer] : []));
      const results = await thread.ask(requests, moved);
      for (const [index, { resolve }] of sent.entries()) resolve(results[index]);
    } catch (error) {
      for (const { reject } of sent) reject(error);
    }
  }

  return {
    ask(request) {
      return new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject });
        if (waiting.length === 1) setImmediate(send);
      });
    },
    close: () => thread.close(),
  };
}
