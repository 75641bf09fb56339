/** The tar layout, as WebDataset writes it: in each archive `<key>.jpg` (or .jpeg, .png) beside `<key>.cls`. */
import type { Storage, StoredObject } from '../../storage/storage.ts';
import { datasetError } from '../dataset-error.ts';
import { inOrder } from '../in-order.ts';
import type { ManifestEntry } from '../manifest.ts';
import { type Indexed, imageEndings, someOf } from './layout.ts';
import { indexPacked, readTarIndex } from './tar-index.ts';
import { readMembers, type TarMember, TarWindow } from './tar-members.ts';

/** Archives read at a time. */
const atOnce = 8;

/** A class index is a few digits. */
const mostLabelBytes = 64;

interface Sample {
  image?: TarMember;
  label?: number;
}

/** @param archives the tar files, in the order of their names; by an index beside them, none of them is read. */
export async function indexTar(root: Storage, archives: readonly StoredObject[]): Promise<Indexed> {
  const index = await readTarIndex(root);
  if (index) return indexPacked(root, { index, archives });
  return indexArchives(root, archives);
}

/** The images of these archives alone. */
export async function indexArchives(
  root: Storage,
  archives: readonly StoredObject[],
): Promise<Indexed> {
  const entries: ManifestEntry[] = [];
  const parts = inOrder(archives, {
    limit: atOnce,
    work: (archive) => indexArchive(root, archive),
  });
  for await (const part of parts) for (const entry of part) entries.push(entry);
  return { entries, classNames: null, warnings: warningsOf(archives) };
}

async function indexArchive(
  root: Storage,
  { key: file, bytes: size }: StoredObject,
): Promise<ManifestEntry[]> {
  const archive = new TarWindow(root, { key: file, size });
  const samples = new Map<string, Sample>();
  for await (const { name, ...content } of readMembers(archive)) {
    const member = { ...content, name: name.replace(/^(\.\/+)+/, '') };
    const part = samplePart(member.name);
    if (!part || member.type === '5') continue;
    if (member.type !== '0') {
      throw datasetError(
        `${member.name} in ${file} is a link, not a file; write the archive with its content.`,
      );
    }
    const sample = samples.get(part.key) ?? {};
    samples.set(part.key, sample);
    if (part.kind === 'other') continue;
    if (part.kind === 'image' ? sample.image : sample.label !== undefined) {
      throw datasetError(
        `The sample ${part.key} of ${file} has a second ${part.kind}, ${member.name}.`,
      );
    }
    if (part.kind === 'image') sample.image = member;
    else sample.label = await readLabel(archive, { member, file });
  }
  return [...samples].map(([key, sample]) => toEntry(sample, { key, file }));
}

function toEntry(
  { image, label }: Sample,
  { key, file }: { key: string; file: string },
): ManifestEntry {
  const lacks = [...(image ? [] : [`${key}.jpg`]), ...(label === undefined ? [`${key}.cls`] : [])];
  if (!image || label === undefined) {
    throw datasetError(
      `The sample ${key} of ${file} has no ${lacks.join(' and no ')}; a sample's members share the name up to its first dot.`,
    );
  }
  const { name, offset, length } = image;
  return { key: name, label, bytes: length, at: { file, offset, length } };
}

/**
 * The key of a sample ends at the first dot of the member's file name, and what follows says what the member is.
 * `other` is a longer ending such as `.mask.png`. Hidden files and files of other kinds belong to no sample.
 */
export function samplePart(
  name: string,
): { key: string; kind: 'image' | 'label' | 'other' } | undefined {
  const match = /^((?:.*\/)?[^./][^./]*)\.([^/]+)$/.exec(name);
  if (!match) return undefined;
  const [, key, ending] = match;
  const last = ending.toLowerCase().replace(/^.*\./, '');
  if (last !== 'cls' && !imageEndings.includes(last)) return undefined;
  if (ending.includes('.')) return { key, kind: 'other' };
  return { key, kind: last === 'cls' ? 'label' : 'image' };
}

async function readLabel(
  archive: TarWindow,
  { member, file }: { member: TarMember; file: string },
): Promise<number> {
  const length = Math.min(member.length, mostLabelBytes);
  const text = (await archive.read(member.offset, length)).toString('latin1').trim();
  if (member.length > mostLabelBytes || !/^\d{1,9}$/.test(text)) {
    throw datasetError(
      `A class index from 0 was expected in ${member.name} of ${file}, not ${JSON.stringify(text)}.`,
    );
  }
  return Number(text);
}

/** Archives of different sets in one folder differ in more than their numbers. */
function warningsOf(archives: readonly StoredObject[]): string[] {
  const patterns = [...new Set(archives.map(({ key }) => key.replaceAll(/\d+/g, '*')))];
  return patterns.length > 1
    ? [`Archives of ${patterns.length} kinds of name were all read: ${someOf(patterns)}.`]
    : [];
}
