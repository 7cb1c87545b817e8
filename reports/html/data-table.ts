import { markup, nothing, type Markup } from './markup.ts';

export interface Column {
  readonly title: string;
  /** Numbers are set flush right. */
  readonly number?: boolean;
  /** Sentences may break into lines; anything else stays on one. */
  readonly prose?: boolean;
}

/** A table in a box of its own that scrolls sideways when it is wider than the page. The first cell of a row names the row. */
export function dataTable(table: {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}): Markup {
  if (table.rows.length === 0) return nothing;
  const heads = table.columns.map(({ title, number }) =>
    number === true ? markup`<th scope="col" class="number">${title}</th>` : markup`<th scope="col">${title}</th>`,
  );
  const body = table.rows.map(
    (cells) =>
      markup`<tr>
        ${cells.map((cell, index) => tableCell(cell, index, table.columns[index]))}
      </tr>`,
  );
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${table.caption}">
    <table class="data">
      <caption>
        ${table.caption}
      </caption>
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div> `;
}

function tableCell(cell: string, index: number, column: Column | undefined): Markup {
  if (index === 0) return markup`<th scope="row">${cell}</th>`;
  if (column?.prose === true) return markup`<td class="prose">${cell}</td>`;
  return column?.number === true ? markup`<td class="number">${cell}</td>` : markup`<td>${cell}</td>`;
}

/** A part of the page that is folded away until it is asked for. */
export function folded(title: string, content: Markup): Markup {
  return content.markup === ''
    ? nothing
    : markup`<details class="folded">
        <summary>${title}</summary>
        ${content}
      </details>`;
}
