/** Weights on their way to fp16, in the ONNX file or in one beside it; those beside it pass through in chunks. */
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { encodeExternalPlace, externalPlaceOf } from './external.ts';
import { addLoss, type HalfLoss, noLoss, roundToHalf } from './half.ts';
import { codeOf, sizeOf, tensorField } from './proto.ts';
import { joined, nested, rawFields } from './raw-fields.ts';
import { readTensor } from './read-tensor.ts';

/** Values that are rounded at a time: they stay in the processor's cache. */
const valuesAtOnce = 2 ** 14;
/** Bytes of external data that are read at a time. */
const chunkBytes = 2 ** 22;

/** Fields of a TensorProto that say what its values are. */
const valueFields: readonly number[] = [
  tensorField.dataType,
  tensorField.floatData,
  tensorField.rawData,
];
const placeFields: readonly number[] = [tensorField.externalData, tensorField.dataLocation];

/** Brings the tensors of one ONNX file over to another; external data goes to one file beside that, in order. */
export class WeightMover {
  readonly #from: string;
  readonly #dataPath: string;
  readonly #sources = new Map<string, FileHandle>();
  #target: FileHandle | undefined;
  #written = 0;
  loss: HalfLoss = noLoss;
  /** Names of the tensors in which values were clamped. */
  readonly clampedIn: string[] = [];

  constructor({ from, to }: { from: string; to: string }) {
    this.#from = from;
    this.#dataPath = `${to}.data`;
  }

  /** The values of a float32 tensor, wherever they lie. */
  async read(tensor: Uint8Array): Promise<Float32Array> {
    const { data } = readTensor(tensor);
    const chunks: Uint8Array[] = [];
    if (data) chunks.push(data);
    else for await (const chunk of this.#readOutside(tensor)) chunks.push(chunk);
    return new Float32Array(new Uint8Array(joined(chunks)).buffer);
  }

  /**
   * @param tensor the content of a TensorProto of float32 values; those that it holds itself are overwritten
   * @param factors multiply the values first, one for each index of the first dimension
   * @returns that of one of float16 values
   */
  async halve(tensor: Uint8Array, factors?: Float64Array): Promise<Uint8Array[]> {
    const { name, dims, data } = readTensor(tensor);
    const before = this.loss.clamped;
    const count = dims.reduce((product, dim) => product * dim, 1);
    const round = this.#rounder(factors && { factors, each: count / factors.length });
    const values = data
      ? nested(tensorField.rawData, [round(data)])
      : await this.#moveOutside(tensor, round);
    if (this.loss.clamped > before) this.clampedIn.push(name);
    const type = new BinaryWriter().tag(tensorField.dataType, WireType.Varint);
    const rest = rawFields(tensor).filter(
      ({ field }) => !valueFields.includes(field) && !placeFields.includes(field),
    );
    return [...rest.map(({ raw }) => raw), type.int64(codeOf('float16')).finish(), ...values];
  }

  /** @returns the tensor with the same values, wherever they lie */
  async keep(tensor: Uint8Array): Promise<Uint8Array[]> {
    if (externalPlaceOf(tensor) === undefined) return [tensor];
    const rest = rawFields(tensor).filter(({ field }) => !placeFields.includes(field));
    const place = await this.#moveOutside(tensor, (chunk) => chunk);
    return [...rest.map(({ raw }) => raw), ...place];
  }

  async close(): Promise<void> {
    for (const file of [...this.#sources.values(), this.#target]) await file?.close();
  }

  /** Rounds what comes, float32 to float16, in the same memory, of which the first half is returned. */
  #rounder(scaling?: { factors: Float64Array; each: number }): (floats: Uint8Array) => Uint8Array {
    const values = new Float32Array(valuesAtOnce);
    const bits = new Uint32Array(values.buffer);
    const halves = new Uint16Array(valuesAtOnce);
    let place = 0;
    return (floats) => {
      for (let start = 0; start < floats.length; start += 4 * valuesAtOnce) {
        const part = floats.subarray(start, start + 4 * valuesAtOnce);
        const count = part.length / 4;
        new Uint8Array(values.buffer).set(part);
        if (scaling) {
          const { factors, each } = scaling;
          for (let k = 0; k < count; k += 1) values[k] *= factors[Math.floor((place + k) / each)];
        }
        place += count;
        this.loss = addLoss(this.loss, roundToHalf(bits.subarray(0, count), halves));
        floats.set(new Uint8Array(halves.buffer, 0, 2 * count), start / 2);
      }
      return floats.subarray(0, floats.length / 2);
    };
  }

  /** Changes what lies outside chunk by chunk, and appends it to the data of the new file. */
  async #moveOutside(
    tensor: Uint8Array,
    change: (chunk: Uint8Array) => Uint8Array,
  ): Promise<Uint8Array[]> {
    this.#target ??= await open(this.#dataPath, 'w');
    const offset = this.#written;
    for await (const chunk of this.#readOutside(tensor)) {
      const changed = change(chunk);
      await this.#target.writeFile(changed);
      this.#written += changed.length;
    }
    const length = this.#written - offset;
    return encodeExternalPlace({ location: basename(this.#dataPath), offset, length });
  }

  async *#readOutside(tensor: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    const { name, dims, dtype } = readTensor(tensor);
    const place = externalPlaceOf(tensor);
    if (!place) throw new Error(`has weights "${name}" whose values lie where they are not read`);
    const elements = dims.reduce((product, dim) => product * dim, 1);
    const end = place.offset + (place.length ?? elements * sizeOf(dtype));
    const source = await this.#source(place.location);
    for (let start = place.offset; start < end; start += chunkBytes) {
      const chunk = new Uint8Array(Math.min(chunkBytes, end - start));
      const { bytesRead } = await source.read(chunk, 0, chunk.length, start);
      if (bytesRead < chunk.length) {
        throw new Error(`has weights "${name}" beyond the end of ${place.location}`);
      }
      yield chunk;
    }
  }

  async #source(location: string): Promise<FileHandle> {
    const known = this.#sources.get(location);
    if (known) return known;
    const file = await open(join(dirname(this.#from), location));
    this.#sources.set(location, file);
    return file;
  }
}
