/** What every HTML report is wrapped in: one file that opens anywhere and fetches nothing. */
import { createHash } from 'node:crypto';
import { Markup, markup } from '../markup.ts';
import { script } from './script.ts';
import { style } from './style.ts';

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The Content-Security-Policy under which a report works: its own style sheet and script, and nothing else. */
export const reportPolicy = [
  "default-src 'none'",
  `style-src ${hashOf(style)}`,
  `script-src ${hashOf(script)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The same, with pictures that stand in the page itself. */
export const picturePolicy = `${reportPolicy}; img-src data:`;

export function htmlPage({
  title,
  body,
  policy,
}: {
  title: string;
  body: Markup;
  policy: string;
}): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
${body}
</main>
<script>${new Markup(script)}</script>
</body>
</html>
`.text;
}
