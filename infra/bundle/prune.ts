/** Which files of a package a bundle for Linux on x86-64 needs. */
import { lstatSync } from 'node:fs';
import { basename, extname } from 'node:path';

/** What no running program reads: sources, declarations, maps, prose, and what is for other systems. */
const unneeded = {
  extensions: new Set([
    ...['.ts', '.mts', '.cts', '.map', '.flow', '.md', '.markdown', '.html'],
    ...['.c', '.cc', '.cpp', '.h', '.hpp', '.gyp', '.gypi', '.a', '.pc'],
  ]),
  folders: new Set([
    'test',
    'tests',
    '__tests__',
    'example',
    'examples',
    'benchmark',
    'benchmarks',
  ]),
  /** Binaries of other systems, by parts of their path. */
  paths: [
    /onnxruntime-node\/bin\/napi-v6\/(darwin|win32)\b/,
    /onnxruntime-node\/bin\/napi-v6\/linux\/arm64\b/,
    /\/prebuilds\/(?!linux-x64)/,
    // Only the Bare runtime loads these.
    /\/node_modules\/bare-[a-z]+\/prebuilds\b/,
  ],
};

export function isNeeded(file: string): boolean {
  if (unneeded.paths.some((pattern) => pattern.test(file))) return false;
  if (lstatSync(file).isDirectory()) return !unneeded.folders.has(basename(file));
  return (
    /^(licen[cs]e|copying|notice)/i.test(basename(file)) || !unneeded.extensions.has(extname(file))
  );
}
