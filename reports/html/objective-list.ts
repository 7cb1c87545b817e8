import type { Figure, ObjectiveVerdict, RunRecord } from '../../harness/record.ts';
import { formatLimit, formatNumber, formatValue } from '../format-figure.ts';
import { worstFirst } from '../verdict-words.ts';
import { markup, nothing, type Markup } from './markup.ts';
import { verdictBadge } from './verdict-badge.ts';

const examplesInView = 3;

/** The objectives, the worst first. On a phone the cells of a row stand below each other; the roles keep it a table for a screen reader. */
export function objectiveList({ verdict }: RunRecord): Markup {
  if (verdict.objectives.length === 0) {
    return markup`<section aria-labelledby="objectives">
      <h2 id="objectives">Objectives</h2>
      <p>No objective was judged.</p>
    </section>`;
  }
  return markup`<section aria-labelledby="objectives">
    <h2 id="objectives">Objectives</h2>
    <table class="objectives" role="table" aria-labelledby="objectives">
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">Verdict</th>
          <th role="columnheader" scope="col">Objective and finding</th>
          <th role="columnheader" scope="col">Figures</th>
          <th role="columnheader" scope="col" class="number">Observations</th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${worstFirst(verdict.objectives).map(row)}
      </tbody>
    </table>
  </section>`;
}

function row(objective: ObjectiveVerdict): Markup {
  return markup`<tr role="row" class="row-${objective.outcome}">
    <td role="cell">${verdictBadge(objective.outcome)}</td>
    <td role="cell">
      <h3>${objective.name}</h3>
      <p class="finding">${objective.finding}</p>
      <p class="statement">${objective.statement}${hardness(objective)}</p>
      ${counterexamples(objective)}
    </td>
    <td role="cell">${figures(objective.figures)}</td>
    <td role="cell" class="number"><span class="phone-label">n = </span>${formatNumber(objective.sampleCount)}</td>
  </tr> `;
}

function hardness(objective: ObjectiveVerdict): string {
  return objective.hardInvariant ? ' One counterexample is enough to fail.' : '';
}

function figures(all: readonly Figure[]): Markup {
  if (all.length === 0) return nothing;
  const items = all.map((figure) => {
    const limit =
      figure.limit === undefined
        ? nothing
        : markup` <span class="limit">limit ${formatLimit(figure.limit, figure.unit)}</span>`;
    return markup`<div>
      <dt>${figure.name}</dt>
      <dd><b>${formatValue(figure.value, figure.unit)}</b>${limit}</dd>
    </div>`;
  });
  return markup`<dl class="figures">${items}</dl>`;
}

/** The worst few are in view; the others unfold. */
function counterexamples({ counterexamples: found }: ObjectiveVerdict): Markup {
  if (found.length === 0) return nothing;
  const items = found.map((example) => markup`<li>${example}</li>`);
  const more = items.slice(examplesInView);
  const rest =
    more.length === 0
      ? nothing
      : markup`<details><summary>${more.length} more</summary><ul class="examples">${more}</ul></details>`;
  return markup`<p class="examples-title">Counterexample${found.length === 1 ? '' : 's'}</p><ul class="examples">${items.slice(0, examplesInView)}</ul>${rest}`;
}
