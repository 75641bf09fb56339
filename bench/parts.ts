/** One of several copies that measure the parts at the same time, one a core: `parts.ts FOLDER MODEL BATCH IMAGES`. */
import { findCard } from '../src/models/cards.ts';
import { openClassifier } from '../src/onnx/session.ts';
import { costOfInference, costOfPixels } from './processor-time.ts';

const [folder, model, batch, count] = process.argv.slice(2);
const { recipe } = findCard('EfficientNetB0')!;
const images = Number(count);
const session = await openClassifier(model, { threads: 1, device: 'cpu' });
const inference = { session, batch: Number(batch) };
await costOfPixels(folder, { recipe, images: 40 });
await costOfInference(inference, { recipe, images: 40 });
const pixels = await costOfPixels(folder, { recipe, images });
const run = await costOfInference(inference, { recipe, images });
await session.close();
console.log(JSON.stringify({ pixels, inference: run }));
