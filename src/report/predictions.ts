/** A model's predictions, one row an image in manifest order: as Parquet in the run folder, as text for other programs. */
import { parquetReadObjects } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { z } from 'zod';
import { messageOf, TopfiveError } from '../errors.ts';
import { imageStates, K, type Predictions } from '../scoring/records.ts';
import { csvLine } from './csv.ts';

/** Entry i of each list belongs to image i of the manifest. */
export interface PredictionColumns {
  keys: string[];
  labels: number[];
  predictions: Predictions;
}

const places = Array.from({ length: K }, (_, place) => place);
const classNames = ['c1', 'c2', 'c3', 'c4', 'c5'] as const;
const probabilityNames = ['p1', 'p2', 'p3', 'p4', 'p5'] as const;
const names = ['key', 'label', 'state', ...classNames, ...probabilityNames, 'rank'];

export type PredictionFormat = 'csv' | 'jsonl';

/**
 * Parquet with the columns key, label, state, c1…c5 (best class first), p1…p5 (softmax, float64), rank.
 * A failed image has null c, p and rank; a head with fewer than K classes has null in the places it lacks.
 * Equal columns give equal bytes.
 */
export function encodePredictions({ keys, labels, predictions }: PredictionColumns): Uint8Array {
  const { states, ranks, classes, probabilities } = predictions;
  const scored = (image: number) => states[image] === 'scored';
  const at = <T>(values: readonly T[], place: number) =>
    states.map((_, image) =>
      scored(image) && classes[image * K + place] >= 0 ? values[image * K + place] : null,
    );
  const optional = { nullable: true, columnIndex: false, offsetIndex: false } as const;
  const required = { ...optional, nullable: false } as const;
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'key', data: keys, type: 'STRING', ...required },
      { name: 'label', data: labels, type: 'INT32', ...required },
      { name: 'state', data: states, type: 'STRING', ...required },
      ...places.map((place) => ({
        name: classNames[place],
        data: at(classes, place),
        type: 'INT32' as const,
        ...optional,
      })),
      ...places.map((place) => ({
        name: probabilityNames[place],
        data: at(probabilities, place),
        type: 'DOUBLE' as const,
        ...optional,
      })),
      {
        name: 'rank',
        data: ranks.map((rank, image) => (scored(image) ? rank : null)),
        type: 'INT32',
        ...optional,
      },
    ],
    createdBy: 'topfive',
  });
  return new Uint8Array(buffer);
}

const integer = z.number().int();
const c = integer.nullable();
const p = z.number().nullable();
const rowSchema = z.object({
  key: z.string(),
  label: integer,
  state: z.enum(imageStates),
  ...{ c1: c, c2: c, c3: c, c4: c, c5: c },
  ...{ p1: p, p2: p, p3: p, p4: p, p5: p },
  rank: integer.nullable(),
});

/** The columns again; an `invalid` TopfiveError when the bytes are not a file of predictions. */
export async function decodePredictions(bytes: Uint8Array): Promise<PredictionColumns> {
  const columns: PredictionColumns = {
    keys: [],
    labels: [],
    predictions: { states: [], ranks: [], classes: [], probabilities: [] },
  };
  for (const row of await readRows(bytes)) {
    columns.keys.push(row.key);
    columns.labels.push(row.label);
    columns.predictions.states.push(row.state);
    columns.predictions.ranks.push(row.rank ?? 0);
    columns.predictions.classes.push(...classNames.map((name) => row[name] ?? -1));
    columns.predictions.probabilities.push(...probabilityNames.map((name) => row[name] ?? 0));
  }
  return columns;
}

async function readRows(bytes: Uint8Array) {
  try {
    const rows: unknown = await parquetReadObjects({ file: bytes.slice().buffer });
    return z.array(rowSchema).parse(rows);
  } catch (error) {
    const what = error instanceof z.ZodError ? 'other columns' : messageOf(error);
    throw new TopfiveError(
      'invalid',
      `Expected a Parquet file with the columns ${names.join(', ')}, but found ${what}; restore the file or run the evaluation again.`,
      { cause: error },
    );
  }
}

const rowsPerChunk = 1000;

/**
 * The same rows as text, in chunks of whole lines. CSV starts with a header and leaves empty what Parquet has as null;
 * JSON Lines has one object a row. Probabilities have as many digits as it takes to read the same number again.
 */
export function* predictionsText(
  columns: PredictionColumns,
  format: PredictionFormat,
): Generator<string, void, undefined> {
  const line =
    format === 'csv'
      ? csvLine
      : (row: Row) =>
          `${JSON.stringify(Object.fromEntries(names.map((name, i) => [name, row[i]])))}\n`;
  if (format === 'csv') yield csvLine(names);
  for (let start = 0; start < columns.keys.length; start += rowsPerChunk) {
    const end = Math.min(columns.keys.length, start + rowsPerChunk);
    let chunk = '';
    for (let image = start; image < end; image += 1) chunk += line(rowOf(columns, image));
    yield chunk;
  }
}

type Row = (string | number | null)[];

function rowOf({ keys, labels, predictions }: PredictionColumns, image: number): Row {
  const { states, ranks, classes, probabilities } = predictions;
  const scored = states[image] === 'scored';
  const at = (values: readonly number[]) =>
    places.map((place) =>
      scored && classes[image * K + place] >= 0 ? values[image * K + place] : null,
    );
  return [
    keys[image],
    labels[image],
    states[image],
    ...at(classes),
    ...at(probabilities),
    scored ? ranks[image] : null,
  ];
}
