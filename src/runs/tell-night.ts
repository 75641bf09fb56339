/** Sending what a night came to where the spec, or the environment, says. */
import { readWebhookSettings, type WebhookSettings } from '../config.ts';
import type { Spec } from '../jobs/spec.ts';
import { checkWebhook, type Delivery, sendWebhook } from './webhook.ts';

/** A flag wins over the spec, the spec over the environment. */
export function webhookOf(spec: Spec, flag?: string): WebhookSettings {
  const settings = readWebhookSettings();
  const webhook = { ...settings, url: flag ?? spec.webhook ?? settings.url };
  checkWebhook(webhook);
  return webhook;
}

/** Null where nobody asked for it. A message that is not taken changes nothing, but is told. */
export async function tellWebhook(
  message: object,
  { webhook, warn }: { webhook: WebhookSettings; warn: (line: string) => void },
): Promise<Delivery | null> {
  const { url, ...rules } = webhook;
  if (url === undefined) return null;
  const delivery = await sendWebhook(message, { url, ...rules });
  if (!delivery.delivered) {
    warn(`the webhook at ${delivery.host} did not take the verdict: ${delivery.reason}`);
  }
  return delivery;
}
