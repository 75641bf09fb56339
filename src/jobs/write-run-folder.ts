/** The files of a run folder beside its predictions: reports, plots, pictures of mistakes. */
import type { Manifest } from '../data/manifest.ts';
import { runFolderFiles } from '../report/render.ts';
import { plotFolder } from '../report/series-plots.ts';
import type { RunRecord } from '../scoring/run-record.ts';
import type { Storage } from '../storage/storage.ts';
import { mistakePictures, picturesFile, picturesText } from './mistake-pictures.ts';
import type { Plan } from './plan.ts';
import { makePlots } from './plot-files.ts';
import { runKeys } from './run-keys.ts';

/**
 * Writes `report.json` last, and only where there is none.
 * @returns false when somebody else's report stands
 */
export async function writeRunFolder(
  record: RunRecord,
  { storage, manifest, plan }: { storage: Storage; manifest: Manifest; plan: Plan },
): Promise<boolean> {
  const { root, report } = runKeys(plan.runId);
  const pictures = await mistakePictures(record, { manifest, count: plan.spec.thumbnails });
  await storage.put(root + picturesFile, picturesText(pictures));
  for (const { fileName, content } of await makePlots(record)) {
    await storage.put(root + plotFolder + fileName, content);
  }
  const isReport = (name: string) => root + name === report;
  const files = runFolderFiles(record, { pictures });
  files.sort((a, b) => Number(isReport(a.name)) - Number(isReport(b.name)));
  let written = false;
  for (const { name, content } of files) {
    written = await storage.put(root + name, content, { ifAbsent: isReport(name) });
  }
  return written;
}
