import type { Experiment } from './experiment.ts';
import { GamedayError, messageOf } from './kit/errors.ts';
import { StuckTime } from './kit/virtual/stuck-time.ts';
import type { Sample } from './record.ts';
import { redactText } from './redact.ts';
import type { TrailEntry } from './trail.ts';
import { describeUnsettled } from './unsettled-notes.ts';

/** So many of the last events are told. */
const lastEvents = 10;

/**
 * What is known of a run whose virtual time stands still or does not end: what it was doing, what it still waits for, and what happened
 * last. Any other error is given back as it is.
 */
export function explainStuck(cause: unknown, experiment: Experiment): unknown {
  if (!(cause instanceof StuckTime)) return cause;
  const { trail, surroundings, options } = experiment;
  const { activity } = surroundings;
  const { originMs } = trail;
  const underway = describeUnsettled(activity.underway(), originMs);
  const doing = trail.entries.at(-1);
  const at = (atMs: number): string => `${Math.round(atMs - originMs)} ms`;
  const events = eventsOf(experiment).map(({ atMs, text }) => `  ${at(atMs)}: ${text}`);
  const lines = [
    `${options.scenario.name}: ${cause.message}`,
    ...(doing ? [`Since ${at(doing.atMs)} the run was at: ${doing.text}.`] : []),
    ...(underway.length > 0 ? underway.map((line) => `Under way: ${line}.`) : ['No call and no request is under way.']),
    ...(events.length > 0 ? [`The last events:\n${events.join('\n')}`] : []),
  ];
  return new GamedayError('harness', lines.join('\n'), {
    hint: 'Something in the target (or in a part) waits for what never comes, or never stops. Times are counted from the start of the load, but for those that are said to count from when virtual time began, which is earlier by what it took to start the world.',
    cause,
  });
}

/** The same as a text without credentials, for a process that ends at once. */
export function tellStuck(cause: StuckTime, experiment: Experiment): string {
  const explained = explainStuck(cause, experiment);
  const hint = explained instanceof GamedayError ? explained.hint : undefined;
  return redactText([messageOf(explained), ...(hint === undefined ? [] : [hint])].join('\n'));
}

/** Steps of the run, operations that ended, and calls that came to somebody, in the order of their times. */
function eventsOf({ trail, samples, surroundings }: Experiment): TrailEntry[] {
  const operations = samples.slice(-lastEvents).map((sample) => operationOf(sample, trail.originMs));
  const calls = surroundings.activity
    .lastCalls()
    .map(({ who, request, sinceMs }) => ({ atMs: sinceMs, text: `${request} came to ${who ?? 'somebody'}` }));
  return [...trail.entries, ...operations, ...calls]
    .toSorted((left, right) => left.atMs - right.atMs)
    .slice(-lastEvents);
}

function operationOf({ operation, dueMs, doneMs, deadlineMs, outcome }: Sample, originMs: number): TrailEntry {
  const endedMs = doneMs ?? dueMs + deadlineMs;
  const how = 'code' in outcome ? `${outcome.kind} (${outcome.code})` : outcome.kind;
  return { atMs: originMs + endedMs, text: `${operation}, due at ${Math.round(dueMs)} ms: ${how}` };
}
