/** Predictions of another tool, as CSV: `key,label,c1…`, and where it has them `state` and `p1…`. */
import { parse } from 'csv-parse/sync';
import { messageOf, TopfiveError } from '../errors.ts';
import { appendPrediction, emptyPredictions } from '../scoring/predictions.ts';
import { type ImageState, imageStates, K } from '../scoring/records.ts';
import type { PredictionColumns } from './predictions.ts';

export interface ToolColumns extends PredictionColumns {
  /** Best classes an image that the file has, 1 to K. */
  depth: number;
}

/**
 * Columns are found by name and may stand in any order; others are ignored. A row without c1 says why in `state`.
 * Without p1… the probabilities are empty.
 * @throws TopfiveError `usage` that names the file, the row and what was expected
 */
export function decodePredictionsCsv(text: string, file: string): ToolColumns {
  const [header = [], ...rows] = parseRows(text, file);
  const layout = readHeader(header, file);
  const decoded: ToolColumns = {
    keys: [],
    labels: [],
    predictions: emptyPredictions(),
    depth: layout.classes.length,
  };
  for (const [index, cells] of rows.entries()) {
    const row = { cells, place: `${file}, row ${index + 2}`, layout };
    decoded.keys.push(cells[layout.key]);
    decoded.labels.push(wholeNumber(row, layout.label));
    appendPrediction(decoded.predictions, answerOf(row, decoded.labels[index]));
  }
  if (layout.probabilities.length === 0) decoded.predictions.probabilities = [];
  return decoded;
}

function parseRows(text: string, file: string): string[][] {
  try {
    return parse(text, { bom: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw new TopfiveError('usage', `${file} is no CSV: ${messageOf(error)}`, { cause: error });
  }
}

/** Where the columns are; `state` is -1 when there is none. */
interface Layout {
  header: readonly string[];
  key: number;
  label: number;
  state: number;
  classes: number[];
  probabilities: number[];
}

function readHeader(header: readonly string[], file: string): Layout {
  const at = (name: string) => header.indexOf(name);
  const run = (letter: string) => {
    const places = Array.from({ length: K }, (_, place) => at(`${letter}${place + 1}`));
    const end = places.indexOf(-1);
    return end < 0 ? places : places.slice(0, end);
  };
  const layout = {
    header,
    key: at('key'),
    label: at('label'),
    state: at('state'),
    classes: run('c'),
    probabilities: run('p'),
  };
  const lacking = (['key', 'label', 'c1'] as const).filter((name) => at(name) < 0);
  if (lacking.length > 0) {
    throw new TopfiveError(
      'usage',
      `${file} was expected to have the columns key, label and c1 (then c2 to c5, p1 to p5, state), but lacks ${lacking.join(' and ')}: it has ${header.join(', ').slice(0, 200) || 'none'}`,
    );
  }
  const { classes, probabilities } = layout;
  if (probabilities.length > 0 && probabilities.length < classes.length) {
    throw new TopfiveError(
      'usage',
      `${file} has the classes c1 to c${classes.length}, but probabilities only to p${probabilities.length}: give one for each class, or none`,
    );
  }
  return layout;
}

interface Row {
  cells: readonly string[];
  place: string;
  layout: Layout;
}

function answerOf(row: Row, label: number): Parameters<typeof appendPrediction>[1] {
  const { cells, layout } = row;
  const state = stateOf(row);
  if (state !== 'scored') return { state };
  const known = layout.classes.filter((column) => cells[column] !== '');
  const classes = known.map((column) => wholeNumber(row, column));
  const probabilities = layout.probabilities
    .slice(0, known.length)
    .map((column) => probability(row, column));
  // A label that is not among them is further back than any metric looks.
  return { rank: classes.indexOf(label) + 1 || K + 1, tied: false, classes, probabilities };
}

function stateOf(row: Row): ImageState {
  const { cells, layout, place } = row;
  const answered = cells[layout.classes[0]] !== '';
  const text = layout.state < 0 ? '' : cells[layout.state];
  const state = text === '' && answered ? 'scored' : imageStates.find((known) => known === text);
  if (state === undefined || answered !== (state === 'scored')) {
    throw new TopfiveError(
      'usage',
      `${place}: expected a class in c1, or a state of ${imageStates.slice(1).join(', ')}, but c1 is "${cells[layout.classes[0]]}" and the state "${text}"`,
    );
  }
  return state;
}

function wholeNumber({ cells, place, layout }: Row, column: number): number {
  if (/^\d+$/.test(cells[column])) return Number(cells[column]);
  throw new TopfiveError(
    'usage',
    `${place}: expected a class index from 0 as ${layout.header[column]}, but it is "${cells[column]}"`,
  );
}

function probability({ cells, place, layout }: Row, column: number): number {
  const value = Number(cells[column]);
  if (cells[column] !== '' && value >= 0 && value <= 1) return value;
  throw new TopfiveError(
    'usage',
    `${place}: expected a probability from 0 to 1 as ${layout.header[column]}, but it is "${cells[column]}"`,
  );
}
