import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
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
const Request = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT']),
  path: z.string().startsWith('/'),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional(),
});
const Stored = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sql'), variable: z.string(), query: z.string() }),
  z.strictObject({ kind: z.literal('http'), variable: z.string().optional(), request: Request, read: callable }),
]);
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
  inProcess: callable.optional(),
  ready: z.strictObject({ path: z.string().startsWith('/'), withinMs: z.number().positive().optional() }),
  operations: z.strictObject({
    ask: z.strictObject({ request: callable, read: callable }).optional(),
    ingest: z.strictObject({ request: callable, acknowledged: callable }).optional(),
    follow: z.strictObject({ request: callable }).optional(),
    stored: Stored.optional(),
    deadLetters: z.strictObject({ request: Request, read: callable }).optional(),
  }),
  rename: z.record(z.string(), z.string()).optional(),
  defects: z
    .array(z.strictObject({ id: z.string(), title: z.string(), scenario: z.string(), caughtBy: z.array(z.string()) }))
    .optional(),
  allowHosts: z.array(z.string()).optional(),
});
/** Two schemas, since one that takes either would not say what is wrong in the one that was written. */
const ConfigWithList = Config.extend({
  operations: Config.shape.operations.extend({ stored: z.array(Stored).min(1) }),
});

function schemaFor(value: unknown): typeof Config | typeof ConfigWithList {
  return Array.isArray(valueAt(value, ['operations', 'stored'])) ? ConfigWithList : Config;
}

/** Every mistake in a config, in its author's words: `start.command: must be a list of words, but is a number`. */
export function checkConfig(value: unknown): string[] {
  const schema = schemaFor(value);
  const parsed = schema.safeParse(value);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) => {
    const where = settingName(issue.path);
    const given = valueAt(value, issue.path);
    if (issue.code !== 'unrecognized_keys') return [`${where || 'config'}: ${describeIssue(issue, given)}`];
    const known = keysAt(schema, issue.path, value);
    return issue.keys.map(
      (key) => `${where ? `${where}.` : ''}${key}: there is no such setting.${didYouMean(key, known)}`,
    );
  });
}

/** What one setting must be, and what it is. */
function describeIssue(issue: z.core.$ZodIssue, given: unknown): string {
  const wanted = describeWanted(issue);
  if (given === undefined) return `is missing, and must be ${wanted}`;
  // What was written helps where the kind of value was right; elsewhere its kind says more.
  const written = typeof given === 'string' && issue.code !== 'invalid_type' && issue.code !== 'custom';
  const meant = written ? didYouMean(given, optionsOf(issue)) : '';
  return `must be ${wanted}, but is ${written && given !== '' ? `"${given}"` : kindOf(given)}${meant && `.${meant}`}`;
}

function describeWanted(issue: z.core.$ZodIssue): string {
  const options = optionsOf(issue).map((option) => `"${option}"`);
  if (options.length > 0) return options.join(' or ');
  if (issue.code === 'too_small' && issue.origin === 'number') return `a number above ${issue.minimum}`;
  if (issue.code === 'too_small') return issue.origin === 'array' ? 'a list of at least one word' : 'a text';
  if (issue.code === 'invalid_format')
    return issue.format === 'url' ? 'a URL such as "http://127.0.0.1:8080"' : 'a path that starts with "/"';
  if (issue.code !== 'invalid_type') return 'a function';
  if (issue.expected === 'array') return issue.path.at(-1) === 'defects' ? 'a list of defects' : 'a list of words';
  return issue.expected === 'string' ? 'a text' : issue.expected === 'number' ? 'a number' : 'an object';
}

/** The words that a setting may be, where there are only a few. */
function optionsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return issue.code === 'invalid_union' && issue.inclusive !== false ? (issue.options ?? []).map(String) : [];
}

function kindOf(given: unknown): string {
  if (given === null) return 'null';
  if (Array.isArray(given)) return given.length === 0 ? 'an empty list' : 'a list';
  if (typeof given === 'string') return given === '' ? 'empty' : 'a text';
  if (typeof given === 'number') return Number.isFinite(given) && given > 0 ? 'a number' : String(given);
  return typeof given === 'object' ? 'an object' : typeof given === 'boolean' ? String(given) : `a ${typeof given}`;
}

/** As it is written in code: `defects[0].caughtBy`. */
function settingName(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (name, key) => (typeof key === 'number' ? `${name}[${key}]` : `${name && `${name}.`}${String(key)}`),
    '',
  );
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inside, key) => (typeof inside === 'object' && inside !== null ? Reflect.get(inside, key) : undefined),
    value,
  );
}

/** The settings that there are at this place; where `kind` decides, those of the kind that was written. */
function keysAt(schema: unknown, path: readonly PropertyKey[], value: unknown): string[] {
  if (schema instanceof z.ZodOptional) return keysAt(schema.unwrap(), path, value);
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const kind = valueAt(value, ['kind']);
    const chosen = schema.options.find(
      (option) => option instanceof z.ZodObject && z.safeParse(option.shape['kind'] ?? z.never(), kind).success,
    );
    return keysAt(chosen, path, value);
  }
  const [key, ...rest] = path;
  if (schema instanceof z.ZodArray && key !== undefined) return keysAt(schema.element, rest, valueAt(value, [key]));
  if (!(schema instanceof z.ZodObject)) return [];
  return key === undefined
    ? Object.keys(schema.shape)
    : keysAt(Reflect.get(schema.shape, key), rest, valueAt(value, [key]));
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
      : checkConfig(config).map((problem) => `${basename(file)}: ${problem}`);
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
