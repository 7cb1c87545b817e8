import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { GamedayError, messageOf } from './kit/errors.ts';
import { siblingModule } from './kit/sibling-module.ts';
import type { Scenario } from './scenario.ts';
import { didYouMean } from './kit/suggest.ts';
import type { TargetConfig } from './world/target.ts';

/** What a config file gives: the target, and scenarios of its own beside the library's. */
export interface LoadedConfig {
  readonly config: TargetConfig;
  readonly scenarios: readonly Scenario[];
  /** The file that was read. */
  readonly file: string;
  readonly folder: string;
}

const callable = z.custom<() => unknown>((value) => typeof value === 'function', 'must be a function');
const Request = z.object({ method: z.enum(['GET', 'POST', 'PUT']), path: z.string().startsWith('/') });
const Config = z.strictObject({
  name: z.string().min(1),
  start: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('command'),
      command: z.array(z.string()).min(1),
      folder: z.string().optional(),
      environment: z.record(z.string(), z.string()).optional(),
    }),
    z.strictObject({ kind: z.literal('url'), url: z.url() }),
  ]),
  ready: z.strictObject({ path: z.string().startsWith('/'), withinMs: z.number().positive().optional() }),
  operations: z.strictObject({
    ask: z.strictObject({ request: callable, read: callable }).optional(),
    ingest: z.strictObject({ request: callable, acknowledged: callable }).optional(),
    follow: z.strictObject({ request: callable }).optional(),
    stored: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('sql'), variable: z.string(), query: z.string() }),
        z.strictObject({ kind: z.literal('http'), request: Request, read: callable }),
      ])
      .optional(),
    deadLetters: z.strictObject({ request: Request, read: callable }).optional(),
  }),
  rename: z.record(z.string(), z.string()).optional(),
  defects: z
    .array(z.strictObject({ id: z.string(), title: z.string(), scenario: z.string(), caughtBy: z.array(z.string()) }))
    .optional(),
  allowHosts: z.array(z.string()).optional(),
});

/** Every mistake in a config, in its author's words. */
export function checkConfig(value: unknown): string[] {
  const parsed = Config.safeParse(value);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) => {
    const path = issue.path.join('.');
    if (issue.code !== 'unrecognized_keys') return [`${path || 'config'}: ${issue.message}`];
    const known = knownKeys(path);
    return issue.keys.map(
      (key) => `${path ? `${path}.` : ''}${key}: there is no such setting.${didYouMean(key, known)}`,
    );
  });
}

/** Reads a target's config. Without a name: `gameday.config.ts` of the working folder, else the reference workload's. */
export async function loadTarget(named: string | undefined): Promise<LoadedConfig> {
  const file = named === undefined ? defaultConfig() : resolve(named);
  if (!existsSync(file)) {
    throw new GamedayError('bad-config', `There is no config file ${file}.`, {
      hint: 'Please name an existing file with --target.',
    });
  }
  const loaded = (await import(pathToFileURL(file).href).catch((cause: unknown) => {
    throw new GamedayError('bad-config', `The config file ${file} could not be loaded: ${messageOf(cause)}`, { cause });
  })) as { config?: unknown; default?: unknown; scenarios?: unknown };
  const config = loaded.config ?? loaded.default;
  const problems =
    config === undefined
      ? ['It exports no "config": write `export const config: TargetConfig = { … }`.']
      : checkConfig(config);
  const scenarios = loaded.scenarios ?? [];
  if (!Array.isArray(scenarios)) problems.push('"scenarios" has to be a list of scenarios.');
  if (problems.length > 0) throw new GamedayError('bad-config', `The config file ${file} has mistakes.`, { problems });
  return { config: config as TargetConfig, scenarios: scenarios as Scenario[], file, folder: dirname(file) };
}

/** A defect that was asked for, when the target has it. */
export function checkDefect(config: TargetConfig, defect: string): void {
  const known = (config.defects ?? []).map((entry) => entry.id);
  if (known.includes(defect)) return;
  const list = known.length > 0 ? ` It has: ${known.join(', ')}.` : ' Its config lists none.';
  throw new GamedayError('usage', `${config.name} has no defect "${defect}".${didYouMean(defect, known)}${list}`);
}

function defaultConfig(): string {
  const own = ['gameday.config.ts', 'gameday.config.js', 'gameday.config.mjs']
    .map((name) => resolve(name))
    .find((path) => existsSync(path));
  return own ?? siblingModule(import.meta.url, '../gameday.config');
}

function knownKeys(path: string): string[] {
  if (path === '') return Object.keys(Config.shape);
  if (path === 'operations') return Object.keys(Config.shape.operations.shape);
  if (path === 'ready') return Object.keys(Config.shape.ready.shape);
  return ['command', 'folder', 'environment', 'url', 'request', 'read', 'acknowledged', 'variable', 'query'];
}
