/** A Slurm of one node in a folder of its own, started without systemd. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export interface Slurm {
  /** Runs one of Slurm's commands and returns what it prints. */
  command(name: string, ...args: string[]): string;
  stop(): Promise<void>;
}

const daemons = ['munged', 'slurmctld', 'slurmd'] as const;

/** What stands against a Slurm here, with what to do about it; undefined where nothing does. */
export function missingForSlurm(): string | undefined {
  if (process.getuid?.() !== 0) return 'Slurm is started by root alone: run as root, in a container for instance';
  const lacks = [...daemons, 'sbatch'].filter((name) => !exists(name));
  return lacks.length > 0 ? `${lacks.join(', ')} not found: apt-get install slurm-wlm munge` : undefined;
}

export const exists = (name: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${name}`], { env: environment() }).status === 0;

/** Debian keeps daemons where only root's own path looks. */
const environment = (more: NodeJS.ProcessEnv = {}) => ({
  ...process.env,
  PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
  ...more,
});

/** @param cpus that the node claims to have: so many tasks run at once */
export async function startSlurm(folder: string, cpus: number): Promise<Slurm> {
  const munge = join(folder, 'munge');
  await chmod(folder, 0o755);
  for (const name of ['munge', 'state', 'spool']) await mkdir(join(folder, name));
  const [uid = 0, gid = 0] = run('id', ['-u', 'munge', '-g'], {}).status === 0 ? ids('munge') : [0, 0];
  await writeFile(join(munge, 'key'), crypto.getRandomValues(new Uint8Array(128)), { mode: 0o400 });
  await chown(join(munge, 'key'), uid, gid);
  await chown(munge, uid, gid);
  const socket = join(munge, 'socket');
  const config = join(folder, 'slurm.conf');
  await writeFile(config, slurmConfig(folder, socket, cpus, [await freePort(), await freePort()]));
  const env = { SLURM_CONF: config };
  const started = [
    run(
      'setpriv',
      ['--reuid', `${uid}`, '--regid', `${gid}`, '--clear-groups', 'munged', ...mungeOptions(munge, socket)],
      env,
    ),
    run('slurmctld', ['-c', '-f', config], env),
    run('slurmd', ['-c', '-f', config, '-N', hostname()], env),
  ];
  const stop = async () => {
    for (const file of ['slurmd.pid', 'slurmctld.pid', 'munge/pid']) {
      const pid = Number(await readFile(join(folder, file), 'utf8').catch(() => ''));
      if (pid > 0) process.kill(pid);
    }
  };
  try {
    const failed = started.find(({ status }) => status !== 0);
    if (failed) throw new Error(`Slurm does not start: ${failed.stderr}`);
    await idle(env);
  } catch (error) {
    await stop();
    throw error;
  }
  return { command: (name, ...args) => output(name, args, env), stop };
}

/** Others on this machine may have a Slurm too. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const mungeOptions = (munge: string, socket: string) => [
  '--force',
  ...['key', 'pid', 'log', 'seed'].map((name) => `--${name}-file=${join(munge, name)}`),
  `--socket=${socket}`,
];

const ids = (user: string) => ['-u', '-g'].map((option) => Number(output('id', [option, user], {})));

function run(name: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  return spawnSync(name, args, { env: environment(env), encoding: 'utf8' });
}

function output(name: string, args: readonly string[], env: NodeJS.ProcessEnv): string {
  const { status, stdout, stderr } = run(name, args, env);
  if (status !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout.trim();
}

async function idle(env: NodeJS.ProcessEnv): Promise<void> {
  for (let tries = 0; tries < 120; tries++) {
    if (run('sinfo', ['--noheader', '--format=%t'], env).stdout.startsWith('idle')) return;
    await setTimeout(500);
  }
  throw new Error('Slurm has no idle node after a minute');
}

const slurmConfig = (folder: string, socket: string, cpus: number, ports: readonly [number, number]) => `
ClusterName=test
SlurmctldHost=${hostname()}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${socket}
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
MpiDefault=none
KillWait=5
NodeName=${hostname()} CPUs=${cpus} RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;
