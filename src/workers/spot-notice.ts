/** The two minutes that a Spot host of EC2 has left: it says so in its metadata, which is to be asked again and again. */
import { setTimeout as sleep } from 'node:timers/promises';

/** AWS asks for a look every five seconds. */
const usualLookMs = 5000;
/** The metadata are on the host itself. */
const answerWithinMs = 2000;
const tokenSeconds = 300;

export interface SpotOptions {
  /** Base URL of the metadata service (IMDSv2). */
  service: string;
  signal: AbortSignal;
  lookMs?: number;
}

/** Resolves when the host is about to be taken; never where it is not, or where no metadata are. */
export async function spotNotice({
  service,
  signal,
  lookMs = usualLookMs,
}: SpotOptions): Promise<void> {
  for (;;) {
    // A host that does not answer now is asked again: nothing else tells of a notice.
    if (await isNoticed(service, signal).catch(() => false)) return;
    await sleep(lookMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return new Promise(() => {});
  }
}

async function isNoticed(service: string, ending: AbortSignal): Promise<boolean> {
  const signal = () => AbortSignal.any([ending, AbortSignal.timeout(answerWithinMs)]);
  const asked = await fetch(`${service}/latest/api/token`, {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(tokenSeconds) },
    signal: signal(),
  });
  const token = await asked.text();
  if (!asked.ok) return false;
  const notice = await fetch(`${service}/latest/meta-data/spot/instance-action`, {
    headers: { 'x-aws-ec2-metadata-token': token },
    signal: signal(),
  });
  await notice.text();
  // 404 while nothing is to happen.
  return notice.ok;
}
