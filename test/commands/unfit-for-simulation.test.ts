import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gameday, root } from '../table/run-gameday.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-unfit-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function configFile(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `import { config as reference } from '${join(root, 'gameday.config.ts')}';\n${text}`);
  return file;
}

it('says of a target that needs a real process what to add, before anything starts, as wrong usage', async () => {
  const target = await configFile(
    'process.config.mjs',
    'const { inProcess, ...config } = reference;\nexport { config };\n',
  );
  const { code, output } = await gameday(['run', '--world', 'simulated', '--target', target], { folder });
  expect(output).toContain('reference workload is none: its config has no "inProcess"');
  expect(output).toContain('Please add "inProcess" to the config');
  expect(output).toContain('--world local');
  expect(output).not.toContain('source-throttling');
  expect(code).toBe(64);
  expect(await readdir(folder)).not.toContain('.gameday');
});

it('skips a scenario with a part that is only a real server, names it and the worlds that can, and that is no pass', async () => {
  const target = await configFile(
    'server.config.mjs',
    `import { postgres } from '${join(root, 'fakes/index.ts')}';
     import { library } from '${join(root, 'scenarios/index.ts')}';
     const { standIn, ...server } = postgres();
     const [first] = library;
     export const config = reference;
     const parts = [server];
     export const scenarios = [{ ...first, name: 'with-a-server', load: [first.load[0]], faults: [], objectives: [first.objectives.find(({ kind }) => kind === 'availability')],
       world: { ...first.world, parts } }];\n`,
  );
  const parameters = ['run', 'with-a-server', '--world', 'simulated', '--target', target, '--reporter', 'console'];
  const { code, output } = await gameday(parameters, { folder });
  expect(output).toContain(
    'skipped: the part "vector-store" needs real sockets, which the simulated world has not; --world local has',
  );
  expect(code).toBe(2);
});
