import type { z } from 'zod';
import { didYouMean } from '../kit/suggest.ts';
import { apiErrors } from './api-error.ts';

/** A body of 10,000 proxies has half as many. More, or deeper ones, would hold up everything else for as long as they take to be read. */
const mostValues = 100_000;
const deepest = 64;
/** Each is compared with those that there are. */
const mostFields = 1000;
/** Shorter texts cannot hold up anything, whatever is in them. */
const harmlessLength = 10_000;
const mostProblems = 10;

/** A body by its schema. Throws an ApiError 400 that names what is wrong. */
export function parse<T>(schema: z.ZodType<T>, text: string): T {
  if (text.trim() === '') throw apiErrors.badBody('EOF');
  return parseValue(schema, readJson(text));
}

/** @param where of it in the body; said behind what is wrong */
export function parseValue<T>(schema: z.ZodType<T>, value: unknown, where = ''): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw apiErrors.badBody(`${problemsOf(result.error)}${where}`);
}

/** The parameters of a query by their schema. Throws an ApiError 400 that names what is wrong, and what is no parameter. */
export function parseQuery<T extends z.ZodObject>(schema: T, query: Readonly<Record<string, string>>): z.output<T> {
  const known = Object.keys(schema.shape);
  for (const name of Object.keys(query))
    if (!known.includes(name))
      throw apiErrors.badQuery(`there is no "${name}".${didYouMean(name, known)} There may be ${known.join(', ')}.`);
  const result = schema.safeParse(query);
  if (result.success) return result.data;
  throw apiErrors.badQuery(problemsOf(result.error));
}

function problemsOf({ issues }: z.ZodError): string {
  const problems = issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
  return joined(problems, '; ');
}

/** The first of the problems, and how many more there are. */
export function joined(problems: readonly string[], separator: string): string {
  const left = problems.length - mostProblems;
  return [...problems.slice(0, mostProblems), ...(left > 0 ? [`and ${left} more`] : [])].join(separator);
}

/** What JSON may escape: a pair of surrogates, half of one, anything else. */
const escapes = /\\(?:ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}|u(d[89a-f][\da-f]{2})|[^])/gi;

/** As Go reads texts: half a pair of surrogates is U+FFFD, so that what is named so can be asked for. */
function wellFormed(json: string): string {
  if (!/\\ud[89a-f]/i.test(json)) return json;
  return json.replace(escapes, (escape, half?: string) => (half === undefined ? escape : '\\ufffd'));
}

function readJson(text: string): unknown {
  checkShape(text);
  try {
    return JSON.parse(wellFormed(text));
  } catch (cause) {
    throw apiErrors.badBody(cause instanceof Error ? cause.message : 'not JSON');
  }
}

/** Throws an ApiError 400 for a text whose values are too many or too deep, or with too many fields in one object, before anything is made of them. */
function checkShape(text: string): void {
  if (text.length <= harmlessLength) return;
  let values = 1;
  let isQuoted = false;
  /** Of what is open: how many fields it has, for an object, or that it is a list. */
  const open: (number | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isQuoted) {
      if (character === '\\') at += 1;
      else if (character === '"') isQuoted = false;
      continue;
    }
    if (character === '"') isQuoted = true;
    else if (character === '}' || character === ']') open.pop();
    else if (character === '{' || character === '[') {
      values += 1;
      open.push(character === '{' ? 1 : undefined);
    } else if (character === ',') {
      values += 1;
      const fields = open.pop();
      open.push(fields === undefined ? undefined : fields + 1);
      if (fields === mostFields) throw apiErrors.badBody(`an object has at most ${mostFields} fields`);
    } else continue;
    if (open.length > deepest) throw apiErrors.badBody(`it is more than ${deepest} levels deep`);
    if (values > mostValues) throw apiErrors.badBody(`it has more than ${mostValues} values`);
  }
}
