/** Fits a linear head: Fisher's discriminant with one covariance for all classes (Hastie et al., ESL 4.3). */
import type { Head } from './demo-features.ts';

export interface Training {
  /** images × count. */
  features: Float32Array;
  /** Features of an image. */
  count: number;
  /** Class of each image, 0 … classes - 1; every class occurs. */
  labels: readonly number[];
  classes: number;
}

/** Added to the diagonal of the covariance, as a share of it: few images estimate it, so it is held down. */
const shrinkage = 2e-3;

/** Few images make the discriminant too sure of itself; this brings its probabilities near its accuracy. */
const certainty = 0.25;

/** Logit of a class = mᵀ Σ⁻¹ x - ½ mᵀ Σ⁻¹ m with the class's mean m, times the certainty. Float64 throughout. */
export function fitHead(training: Training): Head {
  const { count, classes } = training;
  const means = classMeans(training);
  const factor = cholesky(withinCovariance(training, means), count);
  const weights = new Float32Array(count * classes);
  const bias = new Float32Array(classes);
  for (let label = 0; label < classes; label += 1) {
    const mean = means.subarray(label * count, (label + 1) * count);
    const direction = solve(factor, mean);
    let product = 0;
    for (let j = 0; j < count; j += 1) {
      weights[j * classes + label] = certainty * direction[j];
      product += direction[j] * mean[j];
    }
    bias[label] = (-certainty * product) / 2;
  }
  return { classes, weights, bias };
}

/** classes × count. */
function classMeans({ features, count, labels, classes }: Training): Float64Array {
  const means = new Float64Array(classes * count);
  const images = new Int32Array(classes);
  for (const [image, label] of labels.entries()) {
    images[label] += 1;
    for (let j = 0; j < count; j += 1) {
      means[label * count + j] += features[image * count + j];
    }
  }
  return means.map((sum, place) => sum / images[Math.floor(place / count)]);
}

/** Lower triangle of the pooled covariance around the class means, diagonal raised by the shrinkage. */
function withinCovariance(
  { features, count, labels, classes }: Training,
  means: Float64Array,
): Float64Array {
  const covariance = new Float64Array(count * count);
  const centred = new Float64Array(count);
  for (const [image, label] of labels.entries()) {
    for (let j = 0; j < count; j += 1) {
      centred[j] = features[image * count + j] - means[label * count + j];
    }
    for (let j = 0; j < count; j += 1) {
      const value = centred[j];
      const row = j * count;
      for (let k = 0; k <= j; k += 1) {
        covariance[row + k] += value * centred[k];
      }
    }
  }
  const freedom = Math.max(1, labels.length - classes);
  const scaled = covariance.map((sum) => sum / freedom);
  for (let j = 0; j < count; j += 1) {
    scaled[j * count + j] = scaled[j * count + j] * (1 + shrinkage) + 1e-9;
  }
  return scaled;
}

interface Factor {
  lower: Float64Array;
  size: number;
}

function cholesky(matrix: Float64Array, size: number): Factor {
  const lower = new Float64Array(size * size);
  for (let j = 0; j < size; j += 1) {
    for (let k = 0; k <= j; k += 1) {
      let sum = matrix[j * size + k];
      for (let m = 0; m < k; m += 1) {
        sum -= lower[j * size + m] * lower[k * size + m];
      }
      lower[j * size + k] = j === k ? Math.sqrt(sum) : sum / lower[k * size + k];
    }
  }
  return { lower, size };
}

/** x of L Lᵀ x = right. */
function solve({ lower, size }: Factor, right: Float64Array): Float64Array {
  const x = Float64Array.from(right);
  for (let j = 0; j < size; j += 1) {
    for (let m = 0; m < j; m += 1) {
      x[j] -= lower[j * size + m] * x[m];
    }
    x[j] /= lower[j * size + j];
  }
  for (let j = size - 1; j >= 0; j -= 1) {
    for (let m = j + 1; m < size; m += 1) {
      x[j] -= lower[m * size + j] * x[m];
    }
    x[j] /= lower[j * size + j];
  }
  return x;
}
