/**
 * `npm run bundle`: one archive with Node.js, topfive, its dependencies and their native libraries, for a Linux host on
 * x86-64 that has no network and installs nothing. Made from this checkout's `npm ci` and build. `--level 1` packs in a
 * fifth of the time, and larger.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { isNeeded } from './prune.ts';

const { values: flags } = parseArgs({ options: { level: { type: 'string', default: '6' } } });
const root = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
};
const name = `topfive-${version}-linux-x64`;
const archive = join(root, 'out', `${name}.tar.xz`);
/** What still goes on a small stick, or through a mail gateway in pieces: decimal megabytes. */
const largest = 60e6;
/** Blocks are packed beside each other; of this size, because two or three of them hold everything. */
const blockBytes = 96 * 2 ** 20;

if (process.platform !== 'linux' || process.arch !== 'x64') {
  throw new Error(`the bundle is made on Linux x64, not on ${process.platform} ${process.arch}`);
}

const work = mkdtempSync(join(tmpdir(), 'topfive-bundle-'));
try {
  const folder = join(work, name);
  mkdirSync(folder);
  copyNode(folder);
  copyApp(join(folder, 'app'));
  copyVulkanLoader(join(folder, 'lib'));
  writeLauncher(join(folder, 'topfive'));
  pack(work);
} finally {
  rmSync(work, { recursive: true });
}
const { size } = statSync(archive);
console.log(`${archive}: ${(size / 1e6).toFixed(1)} MB`);
if (size > largest && flags.level === '6')
  throw new Error(`it is larger than ${largest / 1e6} MB: prune what is not needed`);

function copyNode(folder: string): void {
  const node = join(folder, 'node');
  copyFileSync(process.execPath, node);
  chmodSync(node, 0o755);
  // Its symbols are of use to nobody there, and 12 MB.
  execFileSync('strip', ['--strip-unneeded', node]);
  const licence = [join(dirname(process.execPath), '../LICENSE'), '/usr/share/doc/nodejs/LICENSE'];
  const found = licence.find(existsSync);
  if (found === undefined) throw new Error(`no licence of Node.js at ${licence.join(' or ')}`);
  copyFileSync(found, join(folder, 'LICENSE.node'));
}

/** Folders of the packages that run: those of the lock file that are here and not for development alone. */
function productionPackages(): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: true; devOptional?: true }>;
  };
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path]) => path)
    .filter((path) => existsSync(join(root, path)));
}

function copyApp(app: string): void {
  for (const file of ['package.json', 'LICENSE', 'README.md', 'CHANGELOG.md']) {
    cpSync(join(root, file), join(app, file));
  }
  cpSync(join(root, 'dist'), join(app, 'dist'), { recursive: true, filter: isNeeded });
  const packages = productionPackages();
  const nested = new Set(packages.map((path) => join(root, path)));
  for (const path of packages) {
    const source = join(root, path);
    cpSync(source, join(app, path), {
      recursive: true,
      verbatimSymlinks: true,
      // A package within another is copied in its own turn, or is for development alone.
      filter: (file) =>
        isNeeded(file) &&
        (file === source || !nested.has(file)) &&
        basename(file) !== 'node_modules',
    });
  }
}

/** WebGPU asks for it by this name; a GPU's driver brings its own part, but not always the loader. */
function copyVulkanLoader(folder: string): void {
  const places = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib/chromium'];
  const loader = places.map((place) => join(place, 'libvulkan.so.1')).find(existsSync);
  if (loader === undefined) {
    console.warn(`no libvulkan.so.1 in ${places.join(', ')}: WebGPU will need the host's own`);
    return;
  }
  mkdirSync(folder);
  copyFileSync(loader, join(folder, basename(loader)));
}

/** A host's own Vulkan loader, where it has one, fits its system better than ours. */
function writeLauncher(file: string): void {
  const script = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
if ! ls /usr/lib*/libvulkan.so.1 /usr/lib/x86_64-linux-gnu/libvulkan.so.1 >/dev/null 2>&1; then
  LD_LIBRARY_PATH="\${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib"
  export LD_LIBRARY_PATH
fi
exec "$here/node" "$here/app/dist/cli/main.js" "$@"
`;
  writeFileSync(file, script, { mode: 0o755 });
}

/** The same files give the same bytes, whoever packs them and when. */
function pack(folder: string): void {
  mkdirSync(dirname(archive), { recursive: true });
  const tar = join(folder, `${name}.tar`);
  const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0'];
  execFileSync('tar', [...same, '-C', folder, '-cf', tar, name]);
  const filter = `--lzma2=preset=${flags.level},dict=64MiB`;
  // The filter for x86 code takes 5% off the libraries.
  execFileSync('xz', ['--threads=2', `--block-size=${blockBytes}`, '--x86', filter], {
    stdio: [openSync(tar, 'r'), openSync(archive, 'w'), 'inherit'],
  });
}
