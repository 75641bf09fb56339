#!/usr/bin/env node
/** The command `topfive`. */
import { runCommandLine } from './program.ts';

await runCommandLine(process.argv.slice(2));
