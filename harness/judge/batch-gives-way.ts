import { z } from 'zod';
import { defineJudge, inconclusive, objectiveSpec, type Named } from './objective.ts';
import { isShed, samplesIn } from './outcomes.ts';
import { effectiveFraction } from './statistics/effective-fraction.ts';
import { judgeShare } from './statistics/judge-share.ts';
import type { ObjectiveSpec } from './types.ts';
import { DuringSchema, describeDuring, windowsOf } from './windows.ts';
import { figure, percent, samplesHint } from './wording.ts';

const Settings = z.strictObject({
  atLeast: z.number().gt(0).lt(1).default(0.95),
  during: DuringSchema.default('fault'),
});
const kind = 'batchGivesWay';

/** At least this share (default 0.95) of what is refused is batch work. Default window: all faults. Nothing refused is inconclusive. */
export function batchGivesWay(options: Readonly<z.input<typeof Settings>> & Named = {}): ObjectiveSpec {
  const { name = 'batch-gives-way', ...settings } = options;
  const when = describeDuring(settings.during ?? 'fault');
  const statement = `At least ${percent(settings.atLeast ?? 0.95)} of what is refused ${when} is batch work.`;
  return objectiveSpec({ kind, name, statement, settings });
}

export const batchGivesWayJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: false,
  judge: ({ atLeast, during }, evidence) => {
    const windows = windowsOf(evidence, during);
    const shed = samplesIn(evidence, { windows }).filter(isShed);
    if (shed.length === 0) return inconclusive(`Nothing was refused ${describeDuring(during)}.`);
    const events = shed.map((sample) => ({ atMs: sample.dueMs, bad: sample.workClass === 'interactive' }));
    const interactive = events.filter((event) => event.bad).length;
    const judged = judgeShare({
      bad: interactive,
      count: shed.length,
      budget: Number((1 - atLeast).toFixed(12)),
      effectiveFraction: effectiveFraction(events, windows),
    });
    const hint = judged.outcome === 'inconclusive' ? ` ${samplesHint(judged, windows)}` : '';
    return {
      outcome: judged.outcome,
      finding: `${percent(1 - judged.share)} of what was refused was batch work, limit ${percent(atLeast)} (n = ${shed.length}, ${interactive} interactive).${hint}`,
      figures: [
        figure('batch share of what was refused', 1 - judged.share, 'ratio', atLeast),
        figure('batch share, lower bound (95 %)', 1 - judged.upper, 'ratio'),
        figure('refused', shed.length, 'requests'),
      ],
      sampleCount: shed.length,
    };
  },
});
