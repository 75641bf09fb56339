/** Where the command line lies that child processes run. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of `topfive` in this build: TypeScript beside TypeScript, JavaScript beside JavaScript. */
export function commandLine(): string {
  return fileURLToPath(new URL(`../cli/main${extname(import.meta.url)}`, import.meta.url));
}
