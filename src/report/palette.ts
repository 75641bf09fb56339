/** The colours of a report on light paper, for the page and for plots that stand alone. */
export const light = {
  paper: '#fdfdfb',
  wash: '#f4f4f0',
  ink: '#1f2328',
  muted: '#667077',
  line: '#e2e2dc',
  top1: '#24618f',
  top5: '#2c8577',
  rest: '#d3d3cb',
  bad: '#b3372b',
  good: '#3d7a3a',
  warn: '#9a6a00',
  'bad-wash': '#fbecea',
} as const;
