/** What every resize kernel shares: the picture it reads, and tables of weights that are kept between images. */

/** Interleaved red, green, blue; one byte each, rows without gaps. */
export interface RgbImage {
  data: Uint8Array;
  width: number;
  height: number;
}

/** One axis of a resize: `target` places over `source`, of which `count` from `first` are wanted. */
export interface Axis {
  source: number;
  target: number;
  first: number;
  count: number;
}

const kept = 512;

/** Remembers the tables of the last axes: datasets repeat a few image sizes. */
export function rememberTables<T>(build: (axis: Axis) => T): (axis: Axis) => T {
  const tables = new Map<string, T>();
  return (axis) => {
    const key = `${axis.source},${axis.target},${axis.first},${axis.count}`;
    const known = tables.get(key);
    if (known !== undefined) return known;
    const built = build(axis);
    if (tables.size >= kept) tables.delete(tables.keys().next().value!);
    tables.set(key, built);
    return built;
  };
}

/** Row `index` of an image. */
export function rowOf({ data, width }: RgbImage, index: number): Uint8Array {
  return data.subarray(index * width * 3, (index + 1) * width * 3);
}
