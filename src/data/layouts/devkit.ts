/**
 * The labels of the ILSVRC2012 development kit: a ground truth of one ILSVRC2012_ID a line, in the order of the
 * validation images, and the kit's meta.mat, which says what class each id is. Class index = rank of the WordNet id.
 */
import { posix } from 'node:path';
import { messageOf } from '../../errors.ts';
import { byCodePoints } from '../../storage/key.ts';
import type { StoredObject } from '../../storage/storage.ts';
import { datasetError } from '../dataset-error.ts';
import { type Indexed, isImage } from './layout.ts';
import { type MatValue, readMatFile } from './mat-file.ts';

interface Synset {
  id: number;
  wnid: string;
  words: string;
}

export interface DevkitClasses {
  /** Class index of each ILSVRC2012_ID; the ids count from 1, so entry 0 is the class of id 1. */
  indexOfId: number[];
  /** Words of each class, by class index. */
  names: string[];
}

/** True for a text of whole numbers, one a line: a ground truth rather than a list. */
export function isGroundTruth(text: string): boolean {
  return text
    .trim()
    .split(/\s*\n/)
    .every((line) => /^\d+$/.test(line));
}

/** @param text one ILSVRC2012_ID a line, as many as there are images. @param meta the bytes of meta.mat. */
export function indexDevkit(
  uri: string,
  parts: { objects: readonly StoredObject[]; text: string; source: string; meta: Buffer },
): Indexed {
  const { indexOfId, names } = readDevkit(parts.meta);
  const ids = parts.text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map(Number);
  const images = sortImages(parts.objects);
  if (ids.length !== images.length) {
    throw datasetError(
      `One label for each image was expected, but ${parts.source} has ${ids.length} lines and ${uri} holds ${images.length} images.`,
    );
  }
  const entries = images.map(({ key, bytes }, index) => {
    const label = indexOfId[ids[index] - 1];
    if (label === undefined) {
      throw datasetError(
        `An ILSVRC2012_ID from 1 to ${indexOfId.length} was expected in line ${index + 1} of ${parts.source}, not ${ids[index]}.`,
      );
    }
    return { key, label, bytes, at: { file: key } };
  });
  return { entries, classNames: names, warnings: [] };
}

/** By file name, wherever the file lies; a number in the name must be the place in the order. */
function sortImages(objects: readonly StoredObject[]): StoredObject[] {
  const images = objects
    .filter(({ key }) => isImage(key))
    .sort((a, b) => byCodePoints(posix.basename(a.key), posix.basename(b.key)));
  for (const [index, { key }] of images.entries()) {
    const number = /_val_(\d+)\.[^.]*$/.exec(key)?.[1];
    if (number !== undefined && Number(number) !== index + 1) {
      throw datasetError(
        `Image ${index + 1} in the order of names is ${key}: the validation set is not whole, so the ground truth cannot be assigned.`,
      );
    }
  }
  return images;
}

/** A `dataset` TopfiveError when the bytes are no meta.mat with leaf classes numbered from 1 without gaps. */
export function readDevkit(meta: Buffer): DevkitClasses {
  const leaves = readLeaves(meta).sort((a, b) => a.id - b.id);
  const gap = leaves.findIndex(({ id }, index) => id !== index + 1);
  if (leaves.length === 0 || gap >= 0) {
    throw datasetError(
      `Classes numbered from 1 without gaps were expected in meta.mat, but ILSVRC2012_ID ${Math.max(gap, 0) + 1} is absent, or an id is repeated.`,
    );
  }
  const ranked = [...leaves].sort((a, b) => byCodePoints(a.wnid, b.wnid));
  const twin = ranked.find(({ wnid }, index) => wnid === ranked[index + 1]?.wnid);
  if (twin) throw datasetError(`The WNID ${twin.wnid} stands twice in meta.mat.`);
  const rank = new Map(ranked.map(({ wnid }, index) => [wnid, index]));
  return {
    indexOfId: leaves.map(({ wnid }) => rank.get(wnid) ?? -1),
    names: ranked.map(({ words }) => words),
  };
}

/** The classes of the challenge are the synsets without children; the others are their ancestors. */
function readLeaves(meta: Buffer): Synset[] {
  try {
    const synsets = readMatFile(meta).get('synsets');
    if (synsets?.kind !== 'structs') throw new Error('it has no struct array "synsets"');
    return synsets.values
      .filter((synset) => numberIn(synset, 'num_children') === 0)
      .map((synset) => ({
        id: numberIn(synset, 'ILSVRC2012_ID'),
        wnid: wnidOf(synset),
        words: textIn(synset, 'words'),
      }));
  } catch (error) {
    throw datasetError(
      `meta.mat of the ILSVRC2012 devkit cannot be read: ${messageOf(error)}.`,
      error,
    );
  }
}

function wnidOf(synset: Record<string, MatValue>): string {
  const wnid = textIn(synset, 'WNID');
  if (!/^n\d{8}$/.test(wnid)) throw new Error(`WNID ${JSON.stringify(wnid)} is no WordNet id`);
  return wnid;
}

function numberIn(synset: Record<string, MatValue>, field: string): number {
  const value = synset[field];
  if (value?.kind !== 'numbers' || value.values.length !== 1) {
    throw new Error(`field ${field} of a synset is not one number`);
  }
  return value.values[0];
}

function textIn(synset: Record<string, MatValue>, field: string): string {
  const value = synset[field];
  if (value?.kind !== 'text') throw new Error(`field ${field} of a synset is no text`);
  return value.text;
}
