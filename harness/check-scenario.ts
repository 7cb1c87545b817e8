import { systems } from './coverage.ts';
import { checkFaults } from './faults/index.ts';
import { checkObjectives } from './judge/index.ts';
import type { Scenario } from './scenario.ts';
import { checkShape } from './scenario-shape.ts';
import { didYouMean } from './kit/suggest.ts';

/** Every mistake in a scenario, in its author's words; empty when there is none. */
export function checkScenario(scenario: Scenario): string[] {
  const shape = checkShape(scenario);
  // What else is wrong can be told only of a scenario that has its parts.
  if (shape.some((problem) => !/deadlineMs|PerSecond|phases|durationMs/.test(problem))) return shape;
  const parts = scenario.world.parts.map((part) => part.name);
  return [
    ...shape,
    ...(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(scenario.name) ? [] : [`The name "${scenario.name}" is not kebab-case.`]),
    ...(scenario.promise.trim() === '' ? ['It promises nothing: "promise" is empty.'] : []),
    ...(scenario.load.length === 0 ? ['It has no load, so nothing can be judged: add one to "load".'] : []),
    ...(scenario.objectives.length === 0
      ? ['It has no objectives, so nothing can be judged: add one to "objectives".']
      : []),
    ...scenario.covers
      .filter((row) => !(row in systems))
      .map((row) => `"covers" names ${row}, which is no row of the coverage matrix (S1 to S24).`),
    ...repeated(parts).map((name) => `Two parts of the world are called "${name}".`),
    ...repeated(scenario.faults.map((fault) => fault.name)).map(
      (name) => `Two faults are called "${name}": give one of them another "name".`,
    ),
    ...repeated(scenario.objectives.map((objective) => objective.name)).map(
      (name) => `Two objectives are called "${name}": give one of them another "name".`,
    ),
    ...checkFaults(scenario.faults, parts),
    ...checkLoad(scenario, parts),
    ...checkObjectives(scenario.objectives),
    ...checkObjectiveNames(scenario, parts),
  ];
}

/** Mistakes of a library: names that stand for two scenarios. */
export function checkLibrary(scenarios: readonly Scenario[]): string[] {
  const names = repeated(scenarios.map(nameOf)).map(
    (name) => `Two scenarios are called "${name}". Please rename one of them.`,
  );
  return [
    ...names,
    ...scenarios.flatMap((scenario) => checkScenario(scenario).map((problem) => `${nameOf(scenario)}: ${problem}`)),
  ];
}

function checkLoad(scenario: Scenario, parts: readonly string[]): string[] {
  const faults = scenario.faults.map((fault) => fault.name);
  return scenario.load.flatMap((load) => {
    if (load.kind === 'follow') {
      if (!parts.includes(load.part))
        return [`The load follows "${load.part}", which is no part of the world.${didYouMean(load.part, parts)}`];
      return load.capacityPerSecond > load.feedPerSecond
        ? []
        : [`The feed of ${load.part} is as fast as its capacity: a backlog would never drain.`];
    }
    const unknown =
      load.profile.kind === 'flood' ? load.profile.duringFaults.filter((name) => !faults.includes(name)) : [];
    return [
      ...unknown.map(
        (name) =>
          `The load "${load.operation}" floods during "${name}", which is no fault of it.${didYouMean(name, faults)}`,
      ),
    ];
  });
}

/** Objectives that look at a part or a fault which is not there would be silent for ever. */
function checkObjectiveNames(scenario: Scenario, parts: readonly string[]): string[] {
  const phases = ['fault', 'baseline', 'recovery', 'run', ...scenario.faults.map((fault) => fault.name)];
  return scenario.objectives.flatMap((objective) => {
    const { at, during } = objective.settings;
    const unknownPart =
      typeof at === 'string' && !parts.includes(at)
        ? [`Objective "${objective.name}" looks at "${at}", which is no part of the world.${didYouMean(at, parts)}`]
        : [];
    const named: readonly unknown[] = Array.isArray(during) ? during : during === undefined ? [] : [during];
    const unknown = named.filter((name): name is string => typeof name === 'string' && !phases.includes(name));
    return [
      ...unknownPart,
      ...unknown.map(
        (name) =>
          `Objective "${objective.name}" looks at the time of "${name}", which is no fault or phase.${didYouMean(name, phases)}`,
      ),
    ];
  });
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

function nameOf(scenario: Partial<Scenario>): string {
  return typeof scenario.name === 'string' && scenario.name !== '' ? scenario.name : 'a scenario without a name';
}
