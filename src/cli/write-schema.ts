/** Writes `spec.schema.json` beside the built package: the JSON Schema of a spec, for editors. Run by `npm run build`. */
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { specSchema } from '../jobs/spec.ts';

const schema = {
  title: 'topfive spec',
  ...z.toJSONSchema(specSchema, { io: 'input' }),
};
writeFileSync(
  new URL('../spec.schema.json', import.meta.url),
  `${JSON.stringify(schema, null, 2)}\n`,
);
