/** Scenarios as vitest tests, and matchers for their runs. */
export { expect } from './matchers.ts';
export { scenarioTest } from './scenario-test.ts';
