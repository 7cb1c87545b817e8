import type { RunRecord } from '../../harness/record.ts';
import { formatDuration } from '../../harness/kit/durations.ts';
import { runConditions } from '../run-conditions.ts';
import { tally, verdictWords } from '../verdict-words.ts';
import { markup, nothing, type Markup } from './markup.ts';
import { verdictBadge } from './verdict-badge.ts';

/** The verdict, what was promised, why the experiment did not hold if it did not, and what was run. */
export function header(record: RunRecord): Markup {
  const { plan, run, verdict } = record;
  const conditions = runConditions(record);
  return markup`<header class="top outcome-${verdict.outcome}">
    <div class="verdict-line">
      ${verdictBadge(verdict.outcome)}
      <h1>${plan.scenario}</h1>
    </div>
    <p class="tally">${sentence(tally(verdict.objectives))}: ${verdictWords[verdict.outcome].meaning}.</p>
    <p class="promise">${plan.promise}</p>
    ${alert(record)}
    <dl class="facts">
      ${fact('Target', run.defect === null ? run.target : `${run.target}, defect ${run.defect}`)}
      ${fact('World', run.world)} ${fact('Pace', `${plan.pace}, ${formatDuration(plan.durationMs)}`)}
      ${fact('Seed', String(plan.seed))} ${fact('Started', run.startedAt.replace('T', ' ').replace(/\.\d+Z$/, 'Z'))}
      ${conditions.length === 0 ? nothing : fact('Conditions', conditions.join(', '))}
      ${plan.covers.length === 0 ? nothing : fact('Covers', plan.covers.join(', '))}
    </dl>
    <div class="replay">
      <span class="replay-label" id="replay-label">Run it again</span
      ><code tabindex="0" aria-labelledby="replay-label" id="replay">${run.command}</code
      ><button type="button" id="copy" hidden>Copy</button>
    </div>
  </header>`;
}

function alert({ run, verdict }: RunRecord): Markup {
  const reasons = [...verdict.invalidReasons, ...(run.interrupted === null ? [] : [`Interrupted: ${run.interrupted}`])];
  if (reasons.length === 0) return nothing;
  return markup`<div class="alert" role="note">
    <h2>The experiment did not hold</h2>
    <ul>
      ${reasons.map((reason) => markup`<li>${reason}</li>`)}
    </ul>
  </div>`;
}

function fact(name: string, value: string): Markup {
  return markup`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
