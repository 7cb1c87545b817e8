import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBench } from '../proxy/support.ts';
import { root } from '../table/run-gameday.ts';

interface Ended {
  readonly code: number | null;
  /** Results; npm and its kind put their warnings on standard error. */
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
let project: string;

/** The package as a stranger gets it: packed, and installed in a project that knows nothing of the checkout. */
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'gameday-package-')));
  project = join(folder, 'project');
  mkdirSync(project);
  await succeeds('npm', ['pack', '--pack-destination', folder], root);
  const [tarball = 'no tarball'] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
  await succeeds('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, tarball)], project);
}, 150_000);
// Three projects with their packages are some 30,000 files.
afterAll(() => rmSync(folder, { recursive: true, force: true }), 150_000);

describe('the installed package', () => {
  it('brings what was compiled, and no sources', () => {
    const installed = join(project, 'node_modules', 'gameday');
    expect(readdirSync(installed).sort()).toEqual(['LICENSE', 'README.md', 'bin', 'dist', 'docs', 'package.json']);
    const compiled = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' });
    expect(compiled).toContain(join('harness', 'cli.js'));
    expect(compiled.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))).toEqual([]);
  });

  it('lists the scenarios of the library', async () => {
    const output = await succeeds('npx', ['gameday', 'list'], project);
    expect(output).toContain('source-throttling');
    expect(output).toContain('gpu-saturation');
    expect(output).toContain('of 24 systems covered');
    expect(output).toContain('Defects of reference workload: A2');
  });

  it('plans a scenario, as text and as JSON', async () => {
    const text = await succeeds('npx', ['gameday', 'plan', 'source-throttling', '--seed', '7'], project);
    expect(text).toContain('By the formula the backlog has drained');
    const json = await succeeds('npx', ['gameday', 'plan', 'source-throttling', '--seed', '7', '--json'], project);
    expect(JSON.parse(json)).toMatchObject({
      scenario: 'source-throttling',
      seed: 7,
      arrivals: [{ operation: 'ask' }],
    });
  });

  it('reads a config in TypeScript of the project that it is installed in', async () => {
    writeFileSync(join(project, 'gameday.config.ts'), configWithDefect);
    const output = await succeeds('npx', ['gameday', 'list', '--json'], project);
    expect(JSON.parse(output)).toMatchObject({
      scenarios: [{ name: 'source-throttling' }, { name: 'gpu-saturation' }],
      defects: [{ id: 'M1' }],
    });
  });

  it('ends with 64 for wrong usage', async () => {
    const { code, stderr } = await runs('npx', ['gameday', 'plan', 'source-throtling'], project);
    expect(stderr).toContain('Did you mean "source-throttling"?');
    expect(code).toBe(64);
  });
});

describe.each([20, 22])('the installed package on Node %i', (major) => {
  let place: string;
  let node: string;
  beforeAll(async () => {
    place = join(folder, `node-${major}`);
    mkdirSync(place);
    writeFileSync(join(place, 'package.json'), '{}');
    const settings = ['--no-save', '--no-audit', '--no-fund', '--prefer-offline'];
    await succeeds('npm', ['install', ...settings, `node@${major}`], place);
    node = join(place, 'node_modules', 'node', 'bin', 'node');
    expect(await succeeds(node, ['--version'], place)).toContain(`v${major}.`);
  }, 150_000);

  it('lists the scenarios', async () => {
    expect(await succeeds(node, [command(), 'list'], place)).toContain('source-throttling');
  });

  it('simulates with the event log that a seed has on this one', async () => {
    expect(await hashOn(node, place)).toBe(await hashOn(process.execPath, folder));
  });

  it('runs processes in real time', async () => {
    const target = join(project, 'short.config.mjs');
    writeFileSync(target, shortConfig);
    const parameters = ['run', 'short', '--target', target, '--rate', '0.2', '--reporter', 'json'];
    const { code, stdout, stderr } = await runs(node, [command(), ...parameters, '--out', join(place, 'runs')], place);
    const samples = readFileSync(join(place, 'runs', 'latest', 'samples.jsonl'), 'utf8');
    expect(samples.match(/"kind":"good"/g)?.length, `${stdout}${stderr}`).toBeGreaterThan(10);
    expect([0, 1, 2]).toContain(code);
  }, 120_000);
});

describe('the fakes of the installed package', () => {
  it('answer in a test of its own through Mock Service Worker, with the example of the README', async () => {
    await succeeds('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', 'msw'], project);
    writeFileSync(join(project, 'fakes.mjs'), `${readmeExample('modelServerHandlers')}\nconsole.log(answer.status);`);
    expect(await succeeds(process.execPath, ['fakes.mjs'], project)).toBe('200\n');
  }, 150_000);
});

describe('the client of the fault proxy of the installed package', () => {
  it('drives a proxy: makes a link, breaks it and reads what that did', async () => {
    await using bench = await startBench();
    writeFileSync(join(project, 'client.mjs'), client);
    const said = await succeeds(process.execPath, ['client.mjs', bench.url], project);
    expect(JSON.parse(said)).toMatchObject({ toxic: 'stream_cut_downstream', requestsSeen: 0, ended: 'removed' });
  });
});

describe('the example project with vitest', () => {
  it('tests services of its own and the library’s scenario in virtual time, against the packed package, types checked', async () => {
    const example = join(folder, 'example');
    cpSync(join(root, 'test', 'examples', 'vitest'), example, { recursive: true });
    const [tarball = 'no tarball'] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    const own = JSON.parse(readFileSync(join(example, 'package.json'), 'utf8')) as { devDependencies: object };
    const devDependencies = { ...own.devDependencies, gameday: `file:${join(folder, tarball)}` };
    writeFileSync(join(example, 'package.json'), JSON.stringify({ ...own, devDependencies }));
    await succeeds('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], example);
    writeFileSync(join(example, 'readme.ts'), readmeExample('scenarioTest(sourceThrottling'));
    await succeeds('npm', ['run', 'check'], example);
    const said = await succeeds('npm', ['test'], example);
    expect(said).toContain('6 passed');
  }, 300_000);
});

describe('the types of the installed package', () => {
  it('fit the config and the scenario of the README', async () => {
    writeFileSync(join(project, 'gameday.config.ts'), config);
    writeFileSync(join(project, 'scenario.ts'), readmeExample('export const sourceThrottling: Scenario'));
    expect(await typeCheck(['gameday.config.ts', 'scenario.ts'])).toMatchObject({ code: 0, stdout: '' });
  }, 60_000);

  it('reject what is wrong: nothing of them is lost as "any"', async () => {
    writeFileSync(join(project, 'wrong.ts'), wrong);
    const { code, stdout } = await typeCheck(['wrong.ts']);
    expect([...stdout.matchAll(/wrong\.ts\((\d+),/g)].map(([, line]) => Number(line))).toEqual([5, 6, 7, 8]);
    expect(code).not.toBe(0);
  }, 60_000);
});

/** The config of the README, and one with a defect of its own, which the list shows. */
const config = readmeExample('export const config: TargetConfig');
const defect = `{ id: 'M1', title: 'answers nothing', scenario: 'source-throttling', caughtBy: ['availability'] }`;
const configWithDefect = config.replace('  ready:', `  defects: [${defect}],\n  ready:`);

/** The scenario of the library on the reference workload, in a few seconds: too short for a verdict. */
const shortConfig = `import { sourceThrottling } from 'gameday/scenarios';

export { config } from './node_modules/gameday/dist/gameday.config.js';
const [quotaCut] = sourceThrottling.faults;
const phases = { warmUpMs: 500, baselineMs: 1500, faultMs: 1500, holdMs: 500, recoveryMs: 1500 };
export const scenarios = [{ ...sourceThrottling, name: 'short', phases, faults: [quotaCut] }];
`;

/** Uses what is exported for tests of one's own. */
const client = `import { ProxyClient } from 'gameday/proxy';

const proxies = new ProxyClient({ url: process.argv[2] });
await proxies.createProxy({ name: 'model', upstream: '127.0.0.1:1' });
const cut = await proxies.addToxic('model', { type: 'stream_cut', attributes: { events: 2 } });
console.log(JSON.stringify(await cut.remove()));
`;

/** A mistake in each of the last four lines. */
const wrong = `import { throttle, type TargetConfig } from 'gameday';
import { crm } from 'gameday/fakes';
import { ProxyClient } from 'gameday/proxy';

export const fault = throttle({ part: 'crm', toPerSecond: 'four', retryAfter: ['none'] });
export const part = crm({ quotaPerSecund: 40, changesPerSecond: 20, concurrency: 8 });
export const start: TargetConfig['start'] = { kind: 'command', command: 'python serve.py' };
export const added = new ProxyClient().addToxic('model', { type: 'stream_cut', attributes: { evnts: 2 } });
`;

/** The TypeScript block of the README that holds this line, unaltered. */
function readmeExample(line: string): string {
  const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)];
  const found = blocks.map(([, code = '']) => code).filter((code) => code.includes(line));
  expect(found, `TypeScript blocks of README.md with "${line}"`).toHaveLength(1);
  return found.join('');
}

/** As strictly as a stranger may: the declarations that the package brings are checked too. */
function typeCheck(files: readonly string[]): Promise<Ended> {
  const compilerOptions = { strict: true, module: 'nodenext', target: 'es2022', noEmit: true, skipLibCheck: false };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  return runs(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', project], project);
}

/** The command of the installed package, for a Node that is named. */
function command(): string {
  return join(project, 'node_modules', 'gameday', 'bin', 'gameday.js');
}

/** The SHA-256 of the event log of a short run, as the command prints it. */
async function hashOn(node: string, where: string): Promise<string> {
  const parameters = ['run', 'source-throttling', '--world', 'simulated', '--seed', '7', '--rate', '0.1'];
  const out = ['--reporter', 'json', '--out', join(where, 'simulated')];
  const { stdout, stderr } = await runs(node, [command(), ...parameters, ...out], where);
  const [, hash] = /event log: sha256 ([0-9a-f]{64})/.exec(`${stdout}${stderr}`) ?? [];
  if (hash === undefined) throw new Error(`The run printed no hash:\n${stdout}${stderr}`);
  return hash;
}

async function succeeds(command: string, parameters: readonly string[], where: string): Promise<string> {
  const { code, stdout, stderr } = await runs(command, parameters, where);
  expect(code, `${command} ${parameters.join(' ')} said:\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

/** Where packages come from is a setting of the machine, and sometimes told by these variables alone. */
const settingsOfTheMachine = ['npm_config_registry', 'npm_config_cache'];

/** Without the other settings that the npm which started this test hands down: they would point back at the checkout. */
function runs(command: string, parameters: readonly string[], where: string): Promise<Ended> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.toLowerCase().startsWith('npm_') || settingsOfTheMachine.includes(name.toLowerCase()),
  );
  const env = { ...Object.fromEntries(kept), NO_COLOR: '1', NO_UPDATE_NOTIFIER: '1' };
  return new Promise((resolve) => {
    execFile(command, parameters, { cwd: where, env, timeout: 120_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr });
    });
  });
}
