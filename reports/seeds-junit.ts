import builder, { type Builder } from 'junit-report-builder';
import { attribute, insideData } from './junit.ts';
import { plainText } from './plain-text.ts';
import { grouped, type SeedRow } from './seed-row.ts';

/** JUnit XML of many seeds: a suite for each scenario, a case for each seed. Whatever is no pass is a failure, an error or skipped. */
export function renderSeedsJunit(rows: readonly SeedRow[]): string {
  // The package is CommonJS that exports the builder itself; its types describe a default export of an ES module.
  const report = (builder as unknown as Builder).newBuilder().name('gameday');
  const suites = grouped(rows, ({ scenario }) => scenario);
  for (const [scenario, own] of suites) {
    const suite = report.testSuite().name(plainText(`gameday.${scenario}`));
    for (const { seed, outcome, why, command } of own) {
      const testCase = suite
        .testCase()
        .className(plainText(`gameday.${scenario}`))
        .name(`seed ${seed}`);
      if (command !== null) testCase.standardOutput(insideData(`Run it again: ${plainText(command)}`));
      if (outcome === 'fail') testCase.failure(plainText(why), outcome);
      else if (outcome === 'skipped') testCase.skipped();
      else if (outcome !== 'pass') testCase.error(plainText(why) || outcome, outcome);
    }
  }
  // The library's skipped cases take no message, and that is where servers look for the reason. They come in the order of the suites.
  const reasons = suites
    .flatMap(([, own]) => own)
    .flatMap(({ outcome, why }) => (outcome === 'skipped' ? [why] : []))
    .values();
  return report
    .build()
    .replaceAll('<skipped/>', () => `<skipped message="${attribute(plainText(reasons.next().value ?? ''))}"/>`);
}
