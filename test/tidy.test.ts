import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parser } from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** What each room may import from others; its own files are always allowed. The first prefix that matches a file decides. */
const mayImport: readonly (readonly [room: string, allowed: readonly string[]])[] = [
  ['harness/kit/', []],
  ['harness/observe/', ['harness/kit/']],
  ['harness/judge/', ['harness/kit/', 'harness/observe/observations.ts', 'harness/record.ts']],
  ['harness/proxy/', ['harness/kit/']],
  ['harness/faults/', ['harness/kit/', 'harness/world/types.ts']],
  ['harness/load/', ['harness/kit/', 'harness/observe/', 'harness/world/types.ts', 'harness/world/target.ts']],
  ['harness/safety/', ['harness/kit/']],
  ['harness/world/', ['harness/kit/', 'harness/proxy/', 'harness/safety/', 'harness/observe/observations.ts']],
  ['harness/vitest/', ['harness/index.ts']],
  ['harness/commands/', ['harness/', 'reports/', 'scenarios/index.ts']],
  ['harness/', ['harness/']],
  ['fakes/', ['harness/kit/', 'harness/world/types.ts', 'harness/observe/observations.ts']],
  ['reports/', ['harness/kit/', 'harness/record.ts']],
  ['scenarios/', ['fakes/', 'harness/index.ts']],
  ['gameday.config.ts', ['fakes/', 'harness/kit/', 'harness/index.ts', 'harness/world/target.ts']],
];

/** Time and chance come from `harness/kit`; everywhere else they are handed in. */
const clockOrChance =
  /\b(Date\.now\b|Math\.random\b|new Date\(\)|performance\.now\b|hrtime\b|AbortSignal\.timeout\b|setTimeout\(|setInterval\(|setImmediate\(|random(UUID|Bytes|Int)\(|getRandomValues\()/;
/** Runs in a browser, which has a clock of its own. */
const inBrowser = ['reports/html/page-script.ts'];

/** Who takes the global `fetch`. Everything else is handed one. */
const takeFetch: Readonly<Record<string, string>> = {
  'harness/local-surroundings.ts': 'the local world is where the network is real, and hands it to everybody',
  'harness/proxy/proxy-client.ts': 'what a user gets who hands in none, in a test of their own',
  'harness/safety/sweep-effects.ts': 'heals what a killed run has left, before there is a world',
  'harness/world/simulated/sender.ts': 'what says itself what is there, as a `data:` URL, needs no network',
  'fakes/workload/main.ts': 'the process of the workload, which hands it to the workload',
};

const files = ['harness', 'fakes', 'reports', 'scenarios']
  .flatMap((folder) => sourcesBelow(join(root, folder)))
  .concat(join(root, 'gameday.config.ts'));

describe('the house', () => {
  it('keeps the import table', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap(brokenImports)).toEqual([]);
  });

  it('reads time and chance in harness/kit only', () => {
    const offenders = files.filter(
      (file) =>
        !nameOf(file).startsWith('harness/kit/') &&
        !inBrowser.includes(nameOf(file)) &&
        clockOrChance.test(codeOf(file)),
    );
    expect(offenders.map(nameOf)).toEqual([]);
  });

  it('takes the network from what is handed in, but for where it begins', () => {
    // To parse them all takes long.
    const speaking = files.filter((file) => !inBrowser.includes(nameOf(file)) && /\bfetch\b/.test(codeOf(file)));
    const offenders = speaking.filter((file) => globalsOf(file).has('fetch'));
    expect(offenders.map(nameOf).toSorted()).toEqual(Object.keys(takeFetch).toSorted());
  });

  it('has no file of more than 400 lines', () => {
    const all = [...files, ...['test', 'scripts'].flatMap((folder) => sourcesBelow(join(root, folder)))];
    const long = all.filter((file) => readFileSync(file, 'utf8').split('\n').length > 400);
    expect(long.map(nameOf)).toEqual([]);
  });

  it('names files in kebab-case', () => {
    expect(files.map(nameOf).filter((name) => !/^[a-z0-9/.-]+$/.test(name))).toEqual([]);
  });

  it('has no default export outside config files', () => {
    expect(files.filter((file) => /^export default/m.test(codeOf(file))).map(nameOf)).toEqual([]);
  });

  it('knows a broken import when it sees one', () => {
    expect(isAllowed('harness/judge/x.ts', 'harness/world/types.ts')).toBe(false);
    expect(isAllowed('harness/kit/x.ts', 'harness/judge/x.ts')).toBe(false);
    expect(isAllowed('reports/html.ts', 'harness/judge/index.ts')).toBe(false);
    expect(isAllowed('harness/judge/x.ts', 'harness/judge/y.ts')).toBe(true);
  });
});

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sourcesBelow(path);
    return name.endsWith('.ts') ? [path] : [];
  });
}

function brokenImports(file: string): string[] {
  const imported = [...codeOf(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path = '']) =>
    nameOf(join(dirname(file), path)),
  );
  return imported
    .filter((target) => !isAllowed(nameOf(file), target))
    .map((target) => `${nameOf(file)} imports ${target}`);
}

function isAllowed(from: string, to: string): boolean {
  const row = mayImport.find(([room]) => from.startsWith(room));
  if (!row) return false;
  const [room, allowed] = row;
  // The root of the harness is a room of its own, beside its folders.
  if (to.startsWith(room)) return true;
  return allowed.some((prefix) => to.startsWith(prefix));
}

interface UsedName {
  readonly identifier: { readonly name: string; readonly range: readonly [from: number, to: number] };
}

/** The parser, whose package leaves its types out, as far as it is used here: `through` are the names that nothing in the file declares. */
interface Parser {
  parseForESLint(
    code: string,
    settings: object,
  ): { readonly scopeManager: { readonly globalScope: { readonly through: readonly UsedName[] } | null } };
}

/** The names that a file uses as values, and neither declares nor imports. */
function globalsOf(file: string): Set<string> {
  const code = readFileSync(file, 'utf8');
  const settings = { sourceType: 'module', range: true };
  const { scopeManager } = (parser as unknown as Parser).parseForESLint(code, settings);
  const used = (scopeManager.globalScope?.through ?? []).map(({ identifier }) => identifier);
  const values = used.filter(({ range: [from] }) => !code.slice(0, from).endsWith('typeof '));
  return new Set(values.map(({ name }) => name));
}

function nameOf(file: string): string {
  return relative(root, file);
}

function codeOf(file: string): string {
  return readFileSync(file, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
}
