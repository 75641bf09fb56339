/** What a webhook is sent: `text` for Slack and what is compatible with it, `topfive` for other programs. */
import type { Night } from '../scoring/night-record.ts';

export interface NightMessage {
  text: string;
  topfive: object;
}

/** The morning's line, with what else should be known below it. */
export function nightMessage(night: Night): NightMessage {
  const notes = night.notes.map((note) => `• ${note}`);
  return { text: escapeForSlack([night.line, ...notes].join('\n')), topfive: night };
}

/** For a night that came to no verdict, because its run did not end. */
export function brokenNightMessage({ name }: Pick<Night, 'name'>, reason: string): NightMessage {
  const line = `failed: ${name}: ${reason}`;
  return {
    text: escapeForSlack(line),
    topfive: { schemaVersion: 1, name, verdict: null, line },
  };
}

/**
 * Slack reads links and mentions, such as one of a whole channel, between angle brackets.
 * @see https://docs.slack.dev/messaging/formatting-message-text
 */
function escapeForSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
