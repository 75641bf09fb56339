/** The manifests of infra/kubernetes, as kustomize builds them. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export const root = join(import.meta.dirname, '../kubernetes');

// biome-ignore lint/suspicious/noExplicitAny: a manifest has any shape until it is validated
export type Manifest = any;

/** Every object of the files in a folder, patches and kustomizations left out. */
export function filesOf(folder: string): Manifest[] {
  return readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.yaml') && !['kustomization.yaml', 'gpu.yaml'].includes(file))
    .flatMap((file) =>
      parseAllDocuments(readFileSync(join(root, folder, file), 'utf8')).map((document) => {
        if (document.errors.length > 0) throw document.errors[0];
        return document.toJS();
      }),
    );
}

/** kubectl's own kustomize; undefined where there is none, or one older than the format (1.21). */
export function build(folder: string): Manifest[] | undefined {
  const version = spawnSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
  if (version.status !== 0) return undefined;
  const { clientVersion } = JSON.parse(version.stdout);
  if (Number(clientVersion.minor) < 21) return undefined;
  const built = spawnSync('kubectl', ['kustomize', join(root, folder)], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stderr);
  return parseAllDocuments(built.stdout).map((document) => document.toJS());
}
