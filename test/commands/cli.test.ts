import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodeOf, exitCodeOfError } from '../../harness/commands/exit-codes.ts';
import { GamedayError } from '../../harness/kit/errors.ts';
import { library } from '../../scenarios/index.ts';
import { gameday, root } from '../table/run-gameday.ts';
import { inThisProcess } from './support/in-this-process.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the command line', () => {
  it('lists scenarios and the coverage matrix', async () => {
    const { code, output } = await gameday(['list']);
    expect(code).toBe(0);
    expect(output).toContain('source-throttling');
    expect(output).toMatch(/S24 .*open/);
    expect(output).toContain('of 24 systems covered');
  });

  it('stops on a SIGINT that a launcher passes on, once, though Ctrl-C reaches it by itself as well', async () => {
    const child = fork(join(root, 'harness', 'cli.ts'), ['run', 'source-throttling'], {
      ...{ cwd: await mkdtemp(join(folder, 'stopped-')), stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    });
    let said = '';
    child.stdout?.resume();
    const begun = new Promise<void>((resolve) =>
      child.stderr?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('source-throttling')) resolve();
      }),
    );
    const ended = once(child, 'exit');
    await begun;
    child.send({ kind: 'signal', signal: 'SIGINT' });
    child.kill('SIGINT');
    expect(await ended).toEqual([2, null]);
    expect(said).toContain('interrupted');
  });

  it('plans without starting anything, as text and as JSON, the same each time for a seed', async () => {
    const text = await inThisProcess(['plan', 'source-throttling', '--seed', '7']);
    expect(text.output).toContain('quota-cut');
    expect(text.output).toContain('By the formula the backlog has drained 26 s after the last fault.');
    const json = (await inThisProcess(['plan', 'source-throttling', '--seed', '7', '--json'])).output;
    expect(JSON.parse(json)).toMatchObject({ seed: 7, arrivals: [{ operation: 'ask' }] });
    expect((await inThisProcess(['plan', 'source-throttling', '--seed', '7', '--json'])).output).toBe(json);
  });

  it('ends its process with 64 for a name that is none', async () => {
    const { code, output } = await gameday(['run', 'source-throtling']);
    expect(output).toContain('There is no scenario "source-throtling". Did you mean "source-throttling"?');
    expect(code).toBe(64);
  });

  it('suggests the name that was meant, and ends with 64', async () => {
    for (const [parameters, expected] of [
      [['run', 'source-throtling'], 'There is no scenario "source-throtling". Did you mean "source-throttling"?'],
      [['run', 'source-throttling', '--defect', 'a3'], 'has no defect "a3". Did you mean "A3"?'],
      [['run', '--reporter', 'junitt,htm'], 'There is no reporter "htm". Did you mean "html"?'],
      [['run', '--pace', 'fast'], 'Allowed choices are quick, full'],
      [['run', '--seed', 'x'], 'It has to be a whole number'],
      [['run', '--rate', '0'], 'It has to be a number above 0 and at most 100'],
      [['run', '--target', 'nowhere.ts'], 'There is no config file'],
      [['rnu'], 'Did you mean run?'],
      [['judge', 'nowhere'], 'There is no readable record.json'],
    ] as const) {
      const { code, output } = await inThisProcess(parameters);
      expect(output).toContain(expected);
      expect(code, parameters.join(' ')).toBe(64);
    }
  });

  it('lists every mistake of a config at once, in its author’s words, and ends with 64', async () => {
    const file = join(folder, 'gameday.config.ts');
    await writeFile(file, configWithMistakes);
    const { code, output } = await inThisProcess(['run', '--target', file]);
    expect(code).toBe(64);
    expect(output.match(/^ {2}- .*$/gm)).toEqual([
      '  - gameday.config.ts: name: must be a text, but is empty',
      '  - gameday.config.ts: start.command: must be a list of words, but is a number',
      '  - gameday.config.ts: start.folde: there is no such setting. Did you mean "folder"?',
      '  - gameday.config.ts: ready.path: must be a path that starts with "/", but is "x"',
      '  - gameday.config.ts: ready.withinMs: must be a number above 0, but is -5',
      '  - gameday.config.ts: operations.ask.request: must be a function, but is a text',
      '  - gameday.config.ts: operations.ask.read: is missing, and must be a function',
      '  - gameday.config.ts: operations.stored.kind: must be "sql" or "http", but is "sqll". Did you mean "sql"?',
      '  - gameday.config.ts: operations.deadLetters.request.method: must be "GET" or "POST" or "PUT", but is "GTE". Did you mean "GET"?',
      '  - gameday.config.ts: defects[0].title: is missing, and must be a text',
      '  - gameday.config.ts: defects[0].titel: there is no such setting. Did you mean "title"?',
      '  - gameday.config.ts: alowHosts: there is no such setting. Did you mean "allowHosts"?',
    ]);
  });

  it('says of a config which of two kinds a target may be, and takes no setting of the other kind', async () => {
    const rest = `name: 'mine', ready: { path: '/' }, operations: {}`;
    const kinds = [
      [`{}`, 'start.kind: is missing, and must be "command" or "url"'],
      [`[]`, 'start: must be an object, but is an empty list'],
      [`{ kind: 'command', command: [] }`, 'start.command: must be a list of at least one word, but is an empty list'],
      [`{ kind: 'url', url: 'here' }`, 'start.url: must be a URL such as "http://127.0.0.1:8080", but is "here"'],
      [`{ kind: 'url', url: 'http://localhost:1', command: ['x'] }`, 'start.command: there is no such setting.\n'],
    ] as const;
    const check = async (start: string, expected: string, index: number): Promise<void> => {
      const file = join(folder, `kind-${index}.config.ts`);
      await writeFile(file, `export const config = { ${rest}, start: ${start} };\n`);
      const { code, output } = await inThisProcess(['list', '--target', file]);
      expect(output).toContain(`  - kind-${index}.config.ts: ${expected}`);
      expect(code).toBe(64);
    };
    await Promise.all(kinds.map(([start, expected], index) => check(start, expected, index)));
  }, 60_000);

  it('has examples in the help of each command', async () => {
    for (const command of ['run', 'list', 'plan', 'judge', 'report', 'sweep', 'clean', 'doctor']) {
      const { code, output } = await inThisProcess([command, '--help']);
      expect(output, command).toContain('Examples:');
      expect(code).toBe(0);
    }
  });

  it('has examples in its own help that name commands and scenarios that there are', async () => {
    const { code, output } = await inThisProcess(['--help']);
    expect(code).toBe(0);
    const examples = [...output.matchAll(/^ {2}\$ gameday (\S+)(?: ([a-z-]+-[a-z]+)\b)?/gm)];
    expect(examples.length).toBeGreaterThan(3);
    for (const [, command = ''] of examples) expect(output).toMatch(new RegExp(`^ {2}${command} .*[A-Z]`, 'm'));
    const scenarios = library.map((scenario) => scenario.name);
    expect(scenarios).toEqual(expect.arrayContaining(examples.flatMap(([, , scenario]) => scenario ?? [])));
  });

  it('says what this machine can run', async () => {
    const { code, output } = await gameday(['doctor'], { folder });
    expect(output).toContain('ok      Node');
    expect(output).toContain('The local world runs here');
    expect(code).toBe(0);
  });

  it('sweeps and cleans where nothing is left', async () => {
    expect((await gameday(['sweep'], { folder })).output).toContain('Nothing was left behind.');
    expect((await gameday(['clean'], { folder })).output).toContain('Nothing to remove');
  });
});

describe('the exit code', () => {
  it('is that of the worst verdict, and nothing judged is no pass', () => {
    expect(exitCodeOf(['pass', 'pass'])).toBe(0);
    expect(exitCodeOf(['pass', 'fail', 'invalid'])).toBe(1);
    expect(exitCodeOf(['pass', 'invalid'])).toBe(2);
    expect(exitCodeOf(['inconclusive', 'pass'])).toBe(2);
    expect(exitCodeOf([])).toBe(2);
  });

  it('tells wrong usage from a broken harness', () => {
    expect(exitCodeOfError(new GamedayError('usage', 'x'))).toBe(64);
    expect(exitCodeOfError(new GamedayError('refused-target', 'x'))).toBe(64);
    expect(exitCodeOfError(new GamedayError('disk', 'x'))).toBe(3);
    expect(exitCodeOfError(new Error('x'))).toBe(3);
  });
});

const configWithMistakes = `export const config = {
  name: '',
  start: { kind: 'command', command: 7, folde: '.' },
  ready: { path: 'x', withinMs: -5 },
  operations: {
    ask: { request: 'x' },
    stored: { kind: 'sqll', variable: 'DATABASE_URL', query: 'select 1' },
    deadLetters: { request: { method: 'GTE', path: '/' }, read: () => [] },
  },
  defects: [{ id: 'M1', titel: 'x', scenario: 'x', caughtBy: [] }],
  alowHosts: ['db'],
};
`;
