/**
 * How fast the simulated world is, measure by measure, each in a process of its own so that none has the other's memory. Run with
 * `npm run bench:sim -- [MEASURE…] [--scenario NAME] [--rates 10,50,500] [--questions 6000] [--runs 200] [--json FILE]`; measures are `clock`,
 * `idle`, `limits`, `questions` and `memory`, all unless some are named. Figures depend on the machine and on what else it does: compare within one.
 * Ends with 1 where a bar is missed.
 */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Scenario } from '../harness/index.ts';
import { library } from '../scenarios/index.ts';
import { measureClock } from './bench-sim/clock.ts';
import type { Figure } from './bench-sim/figure.ts';
import { measureIdleWorld } from './bench-sim/idle-world.ts';
import { measureLimits } from './bench-sim/limits.ts';
import { measureMemory } from './bench-sim/memory.ts';
import { exitCodeOf, renderTable, type Measured } from './bench-sim/print.ts';
import { measureQuestions } from './bench-sim/questions.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scenario: { type: 'string' },
    rates: { type: 'string', default: '10,50,500' },
    questions: { type: 'string', default: '6000' },
    runs: { type: 'string', default: '200' },
    json: { type: 'string' },
    /** Set in the processes that measure: what to say is figures as JSON. */
    child: { type: 'boolean', default: false },
  },
});
const say = (line: string): void => void process.stderr.write(`${line}\n`);
if (values.child) process.stdout.write(JSON.stringify(await measure(positionals)));
else await measureAll(positionals);

async function measureAll(named: readonly string[]): Promise<void> {
  const kinds = ['clock', 'idle', 'limits', 'questions', 'memory'];
  const unknown = named.filter((name) => !kinds.includes(name));
  if (unknown.length > 0) throw new Error(`There is no measure ${unknown.join(', ')}; there are: ${kinds.join(', ')}.`);
  const measured: Measured[] = [];
  for (const kind of named.length > 0 ? kinds.filter((name) => named.includes(name)) : kinds)
    for (const parameters of parametersOf(kind)) {
      const name = parameters.join(' ');
      say(name);
      measured.push({ name, figures: await inProcessOfItsOwn(parameters) });
    }
  console.log(renderTable(measured));
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(measured, null, 2)}\n`);
  process.exitCode = exitCodeOf(measured);
}

function parametersOf(kind: string): string[][] {
  const names = values.scenario === undefined ? library.map(({ name }) => name) : [values.scenario];
  if (kind === 'clock' || kind === 'limits') return [[kind]];
  if (kind !== 'questions') return names.map((name) => [kind, name]);
  return names.flatMap((name) => values.rates.split(',').map((rate) => [kind, name, rate]));
}

async function measure([kind, name, rate]: readonly string[]): Promise<readonly Figure[]> {
  switch (kind) {
    case 'clock':
      return measureClock();
    case 'limits':
      return measureLimits();
    case 'idle':
      return measureIdleWorld(scenarioNamed(name), say);
    case 'memory':
      return measureMemory(scenarioNamed(name), { runs: Number(values.runs), say });
    default: {
      const load = { questionsPerSecond: Number(rate), mostQuestions: Number(values.questions) };
      return measureQuestions(scenarioNamed(name), load);
    }
  }
}

function scenarioNamed(name: string | undefined): Scenario {
  const found = library.find((scenario) => scenario.name === name);
  if (!found) throw new Error(`There is no scenario ${name}; there are: ${library.map((one) => one.name).join(', ')}.`);
  return found;
}

function inProcessOfItsOwn(parameters: readonly string[]): Promise<readonly Figure[]> {
  const settings = ['--child', '--runs', values.runs, '--questions', values.questions];
  const script = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, ['--expose-gc', script, ...parameters, ...settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(JSON.parse(output) as readonly Figure[])
        : reject(new Error(`Could not measure ${parameters.join(' ')}: its process ended with ${code}.`)),
    );
  });
}
