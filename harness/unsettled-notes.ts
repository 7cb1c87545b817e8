import { messageOf } from './kit/errors.ts';
import type { Thrown, Unsettled } from './world/activity.ts';

/** So many examples are given. */
const examples = 3;

/** A line for each kind and owner: how many, and the first of them. Times are milliseconds since `originMs`. */
export function describeUnsettled(things: readonly Unsettled[], originMs: number): string[] {
  const alike = (one: Unsettled, other: Unsettled): boolean => one.kind === other.kind && one.who === other.who;
  const firsts = things.filter((thing, index) => things.findIndex((other) => alike(thing, other)) === index);
  return firsts.map((first) => {
    const group = things.filter((thing) => alike(thing, first));
    const shown = group
      .slice(0, examples)
      .map(({ request, sinceMs }) => `${request} (since ${Math.round(sinceMs - originMs)} ms)`);
    const more = group.length > examples ? ` and ${group.length - examples} more` : '';
    return `${counted(first, group.length)}: ${shown.join(', ')}${more}`;
  });
}

/** A line for each that threw in place of answers, with the first of what it threw and where that was. */
export function describeThrown(thrown: readonly Thrown[]): string[] {
  return thrown.map(({ who, count, first }) => {
    const stack = first instanceof Error ? (first.stack ?? '') : '';
    const frame = stack.split('\n').find((line) => /^\s+at /.test(line));
    const where = frame === undefined ? '' : ` (${frame.trim()})`;
    const times = count === 1 ? 'an error' : `${count} errors`;
    return `In place of answers ${who} threw ${times}${count === 1 ? '' : ', the first of them'}: ${messageOf(first)}${where}; its callers found their connections closed.`;
  });
}

function counted({ kind, who }: Unsettled, count: number): string {
  const one = count === 1;
  const of = who === null ? '' : ` of ${who}`;
  if (kind === 'call') return `${count} ${one ? 'call' : 'calls'}${of} ${one ? 'has' : 'have'} not returned`;
  if (kind === 'request') return `${count} ${one ? 'request' : 'requests'}${of} ${one ? 'has' : 'have'} no answer`;
  const by = who === null ? '' : ` by ${who}`;
  return `${count} ${one ? 'answer has' : 'answers have'} not been read to the end${by}`;
}
