import type { Figure, ObjectiveVerdict, RunRecord } from '../../harness/record.ts';
import { formatNumber, formatValue } from '../format-figure.ts';
import { worstFirst } from '../verdict-words.ts';
import { html, nothing, type Markup } from './markup.ts';
import { verdictBadge } from './verdict-badge.ts';

/** The objectives, the worst first. On a phone the cells of a row stand below each other; the roles keep it a table for a screen reader. */
export function objectiveList({ verdict }: RunRecord): Markup {
  if (verdict.objectives.length === 0) {
    return html`<section aria-labelledby="objectives">
      <h2 id="objectives">Objectives</h2>
      <p>No objective was judged.</p>
    </section>`;
  }
  return html`<section aria-labelledby="objectives">
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
  return html`<tr role="row" class="row-${objective.outcome}">
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
        : html` <span class="limit">limit ${formatValue(figure.limit, figure.unit)}</span>`;
    return html`<div>
      <dt>${figure.name}</dt>
      <dd><b>${formatValue(figure.value, figure.unit)}</b>${limit}</dd>
    </div>`;
  });
  return html`<dl class="figures">${items}</dl>`;
}

function counterexamples({ counterexamples: found, outcome }: ObjectiveVerdict): Markup {
  if (found.length === 0) return nothing;
  const label = `${found.length} counterexample${found.length === 1 ? '' : 's'}`;
  const items = found.map((example) => html`<li>${example}</li>`);
  return outcome === 'fail'
    ? html`<details open>
        <summary>${label}</summary>
        <ul class="examples">
          ${items}
        </ul>
      </details>`
    : html`<details>
        <summary>${label}</summary>
        <ul class="examples">
          ${items}
        </ul>
      </details>`;
}
