/** One logger for every process: human lines on stderr. */
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type { Logger };

/** Writes to stderr, synchronously, so that a line before an exit is never lost. */
export function createLogger(level: string): Logger {
  const stream = pretty({
    destination: 2,
    sync: true,
    colorize: process.stderr.isTTY === true,
    translateTime: 'HH:MM:ss',
    ignore: 'pid,hostname',
  });
  return pino({ level }, stream);
}
