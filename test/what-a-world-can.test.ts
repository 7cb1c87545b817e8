import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { config } from '../gameday.config.ts';
import { postgres } from '../fakes/index.ts';
import type { FaultInjector, FaultSpec } from '../harness/faults/types.ts';
import { simulate, type Scenario } from '../harness/index.ts';
import { reasonToSkip } from '../harness/prepare.ts';
import { checkTargetFits, worldProblems } from '../harness/what-a-world-can.ts';
import { smallScenario } from './run/small-world.ts';

const { standIn, ...serverOnly } = postgres();
const withServer: Scenario = {
  ...smallScenario,
  world: { ...smallScenario.world, parts: [...smallScenario.world.parts, serverOnly] },
};

describe('what a world can', () => {
  it('is everything of a scenario whose parts are handlers and whose faults are in links and parts', () => {
    expect(standIn).toBeDefined();
    expect(worldProblems(smallScenario, 'simulated')).toEqual([]);
    expect(worldProblems(withServer, 'local')).toEqual([]);
  });

  it('is not a part with a server of its own and nothing that stands in for it, where there are no sockets', () => {
    expect(reasonToSkip(withServer, config, 'simulated')).toBe(
      'the part "vector-store" needs real sockets, which the simulated world has not; --world local has',
    );
  });

  it('is not a fault or a part that needs what the host has not', () => {
    const kill: FaultInjector = {
      ...{ kind: 'killProcess', settings: z.object({}), needs: ['processes'] },
      inject: () => Promise.reject(new Error('not in this test')),
    };
    const fault: FaultSpec = { name: 'kill', kind: 'killProcess', part: 'model-server', summary: 'x', settings: {} };
    const [part] = smallScenario.world.parts;
    if (!part) throw new Error('no part');
    const needy: Scenario = {
      ...smallScenario,
      faults: [fault],
      world: { ...smallScenario.world, parts: [{ ...part, needs: ['processes', 'sockets'] }] },
    };
    expect(worldProblems(needy, 'local', [kill])).toEqual([]);
    expect(worldProblems(needy, 'simulated', [kill])).toEqual([
      'the part "model-server" needs processes of the operating system and real sockets, which the simulated world has not; --world local has',
      'the fault "kill" (killProcess) needs processes of the operating system, which the simulated world has not; --world local has',
    ]);
  });

  it('is not a link with TLS, where there is none', () => {
    const [part] = smallScenario.world.parts;
    if (!part) throw new Error('no part');
    const secure: Scenario = { ...smallScenario, world: { ...smallScenario.world, parts: [{ ...part, tls: true }] } };
    expect(worldProblems(secure, 'local')).toEqual([]);
    expect(reasonToSkip(secure, config, 'simulated')).toBe(
      'the part "model-server" needs TLS, which the simulated world has not; --world local has',
    );
  });

  it('is not a target that is no function, and what its config lacks is said', () => {
    const { inProcess, ...process } = config;
    expect(inProcess).toBeDefined();
    expect(() => checkTargetFits(process, 'local')).not.toThrow();
    expect(() => checkTargetFits(config, 'simulated')).not.toThrow();
    expect(() => checkTargetFits(process, 'simulated')).toThrow(
      expect.objectContaining({
        code: 'bad-config',
        hint: expect.stringMatching(/add "inProcess".*--world local/) as unknown,
      }),
    );
  });

  it('is no target that fails to load as a function, or loads as something else', async () => {
    const failing = { ...config, inProcess: () => Promise.reject(new Error('no such module')) };
    await expect(simulate(smallScenario, { target: failing })).rejects.toThrow(
      '"inProcess" of reference workload failed: no such module',
    );
    const other = { ...config, inProcess: () => Promise.resolve({}) } as unknown as typeof config;
    await expect(simulate(smallScenario, { target: other })).rejects.toThrow(
      'has to resolve to a function that makes the target, and resolves to a value of type object',
    );
  });
});
