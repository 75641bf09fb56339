/** The folder layout, as torchvision's ImageFolder reads it: one folder a class, classes in the order of their names. */

import { byCodePoints } from '../../storage/key.ts';
import type { StoredObject } from '../../storage/storage.ts';
import { datasetError } from '../dataset-error.ts';
import { type Indexed, isImage, someOf } from './layout.ts';

/** @param objects every object below the root, in key order. @param folders the folders of the root, empty ones too. */
export function indexFolder(
  uri: string,
  { objects, folders }: { objects: readonly StoredObject[]; folders: readonly string[] },
): Indexed {
  const hidden = folders.filter((name) => name.startsWith('.'));
  const classNames = folders.filter((name) => !name.startsWith('.')).sort(byCodePoints);
  const images = new Map(classNames.map((name): [string, StoredObject[]] => [name, []]));
  let loose = 0;
  for (const object of objects) {
    if (!isImage(object.key)) continue;
    const cut = object.key.indexOf('/');
    if (cut < 0) loose++;
    else images.get(object.key.slice(0, cut))?.push(object);
  }
  const entries = classNames.flatMap((name, label) =>
    (images.get(name) ?? []).map(({ key, bytes }) => ({ key, label, bytes, at: { file: key } })),
  );
  if (entries.length === 0) {
    throw datasetError(
      `Class folders with images were expected in ${uri}, and none of its ${classNames.length} folders holds an image.`,
    );
  }
  const empty = classNames.filter((name) => images.get(name)?.length === 0);
  return { entries, classNames, warnings: warningsOf(uri, { hidden, empty, loose }) };
}

function warningsOf(
  uri: string,
  { hidden, empty, loose }: { hidden: string[]; empty: string[]; loose: number },
): string[] {
  const warnings: string[] = [];
  if (hidden.length > 0) {
    warnings.push(`Hidden folders of ${uri} were not taken for classes: ${someOf(hidden)}.`);
  }
  if (empty.length > 0) {
    warnings.push(
      `${empty.length} class folders of ${uri} hold no image but keep their class index: ${someOf(empty)}.`,
    );
  }
  if (loose > 0) {
    warnings.push(
      `${loose} images lie in ${uri} beside the class folders; they have no class and were left out.`,
    );
  }
  return warnings;
}
