import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Does `work` while as many processes as there are cores do nothing but burn them; they end with this one. */
export async function underLoad<T>(work: () => Promise<T>): Promise<T> {
  const burner = `process.on('disconnect', () => process.exit());
    const burn = () => { for (let turn = 0; turn < 1e6; turn++) Math.hypot(3, turn); setImmediate(burn); };
    burn();`;
  const burners = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', burner], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }),
  );
  try {
    return await work();
  } finally {
    for (const child of burners) child.kill('SIGKILL');
  }
}
