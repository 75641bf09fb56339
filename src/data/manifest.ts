/** The manifest: the fixed, ordered list of images and labels that a run is about. */
import { z } from 'zod';

/** Where an image's bytes are, relative to the dataset's root. */
const locationSchema = z.union([
  z.strictObject({ file: z.string() }),
  z.strictObject({ file: z.string(), offset: z.number().int(), length: z.number().int() }),
  z.strictObject({ file: z.string(), row: z.number().int() }),
]);
export type Location = z.infer<typeof locationSchema>;

const manifestEntrySchema = z.object({
  /** Unique within the manifest: the path in the folder or archive. */
  key: z.string(),
  /** Class index, from 0. */
  label: z.number().int().nonnegative(),
  /** Size of the encoded image; null when the listed file was not there at indexing. */
  bytes: z.number().int().nonnegative().nullable(),
  at: locationSchema,
});
export type ManifestEntry = z.infer<typeof manifestEntrySchema>;

export const layouts = ['list', 'folder', 'tar', 'parquet'] as const;
export type Layout = (typeof layouts)[number];

export const manifestSchema = z.object({
  schemaVersion: z.literal(1),
  /** Root of the dataset: `file:///…` or `s3://…`. */
  uri: z.string(),
  layout: z.enum(layouts),
  /** Class names by index, where the layout has them (folder names, parquet features). */
  classNames: z.array(z.string()).nullable(),
  /** SHA-256 over key, label and bytes of each entry, in order. */
  digest: z.string(),
  entries: z.array(manifestEntrySchema),
});
export type Manifest = z.infer<typeof manifestSchema>;
