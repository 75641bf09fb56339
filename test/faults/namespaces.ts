/** Machines on a network of their own, as network namespaces that meet at a bridge on this host and know no way further. */
import { spawnSync } from 'node:child_process';

/** Why there can be none here; false where there can. */
export function withoutNamespaces(): string | false {
  const name = `tf-try-${process.pid}`;
  const tried = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (tried.error) return 'no "ip" command here (Debian package iproute2)';
  if (tried.status !== 0) return `network namespaces are not permitted: ${tried.stderr.trim()}`;
  const bridged = spawnSync('ip', ['link', 'add', `tfy${process.pid}`, 'type', 'bridge'], {
    encoding: 'utf8',
  });
  spawnSync('ip', ['link', 'del', `tfy${process.pid}`]);
  spawnSync('ip', ['netns', 'del', name]);
  return bridged.status === 0 ? false : `bridges are not permitted: ${bridged.stderr.trim()}`;
}

export interface Network {
  /** Of this host. */
  address: string;
  machines: Machine[];
  remove(): void;
}

export interface Machine {
  address: string;
  /** Put before a command, runs it there. */
  within: string[];
  /** Nothing goes in or out any more, and nobody is told. */
  cut(): void;
  restore(): void;
}

export function makeNetwork(machines: number): Network {
  const id = process.pid;
  const subnet = `10.${64 + (id % 128)}.${(id >> 7) % 256}`;
  const bridge = `tfb${id}`;
  const removals: string[][] = [];
  const remove = () => {
    for (const args of removals.splice(0).reverse()) spawnSync('ip', args);
  };
  try {
    ip('link', 'add', bridge, 'type', 'bridge');
    removals.push(['link', 'del', bridge]);
    ip('address', 'add', `${subnet}.1/24`, 'dev', bridge);
    ip('link', 'set', bridge, 'up');
    const made = Array.from({ length: machines }, (_, index): Machine => {
      const name = `tf${id}-${index}`;
      const address = `${subnet}.${index + 2}`;
      const [here, there] = [`tfh${id}-${index}`, `tft${id}-${index}`];
      ip('netns', 'add', name);
      removals.push(['netns', 'del', name]);
      ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there);
      removals.push(['link', 'del', here]);
      ip('link', 'set', there, 'netns', name);
      ip('link', 'set', here, 'master', bridge);
      ip('link', 'set', here, 'up');
      ip('-n', name, 'address', 'add', `${address}/24`, 'dev', there);
      ip('-n', name, 'link', 'set', 'lo', 'up');
      ip('-n', name, 'link', 'set', there, 'up');
      return {
        address,
        within: ['ip', 'netns', 'exec', name],
        // Off the bridge: both ends stay up, so that connections break as a switch breaks them, without a word.
        cut: () => ip('link', 'set', here, 'nomaster'),
        restore: () => ip('link', 'set', here, 'master', bridge),
      };
    });
    return { address: `${subnet}.1`, machines: made, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`);
}
