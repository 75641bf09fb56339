/** The global options, and the settings that follow from them: flag over environment over default. */
import { type Command, Option } from 'commander';
import { computingEnvironment, type Environment, logLevels, readEnvironment } from '../config.ts';
import { TopfiveError } from '../errors.ts';
import { createLogger } from '../log.ts';
import type { Settings } from '../runs/workplace.ts';

interface GlobalFlags {
  store?: string;
  queue?: string;
  logLevel?: string;
  verbose?: true;
}

export interface CliSettings extends Settings {
  environment: Environment;
  /** The environment for child processes that shall work with the same settings. */
  childEnv: NodeJS.ProcessEnv;
}

export function addGlobalOptions(program: Command): Command {
  return program
    .option('--store <uri>', 'where runs are kept: a directory or s3://… (TOPFIVE_STORE; .topfive)')
    .option(
      '--queue <url>',
      'the queue: redis:// or rediss:// (+sentinel, +cluster), unix:// or postgres:// (TOPFIVE_QUEUE; an embedded engine)',
    )
    .addOption(
      new Option('--log-level <level>', 'how much is told (TOPFIVE_LOG_LEVEL; info)').choices(
        logLevels,
      ),
    )
    .option('--verbose', 'debug messages, and a stack trace with an error');
}

export function readSettings(command: Command): CliSettings {
  const flags = command.optsWithGlobals<GlobalFlags>();
  const environment = readEnvironment();
  const level = flags.logLevel ?? (flags.verbose ? 'debug' : environment.logLevel);
  if (!logLevels.some((known) => known === level)) {
    throw new TopfiveError(
      'usage',
      `TOPFIVE_LOG_LEVEL is one of ${logLevels.join(', ')}, but it is "${level}"`,
    );
  }
  const store = flags.store ?? environment.store;
  const queue = flags.queue ?? environment.queue;
  return {
    store,
    queue,
    log: createLogger(level),
    environment,
    childEnv: {
      ...computingEnvironment(environment.all),
      TOPFIVE_STORE: store,
      TOPFIVE_LOG_LEVEL: level,
      ...(queue && { TOPFIVE_QUEUE: queue }),
    },
  };
}
