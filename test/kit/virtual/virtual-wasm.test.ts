import { expect, it } from 'vitest';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import { withVirtualGlobals } from '../../../harness/kit/virtual/virtual-globals.ts';

/** The types of the platform leave it out. */
interface Wasm {
  compile: (bytes: Uint8Array) => Promise<object>;
  compileStreaming: (source: Response) => Promise<object>;
  instantiate: (given: object) => Promise<object>;
  instantiateStreaming: (source: Promise<Response>) => Promise<object>;
  Module: new (bytes: Uint8Array) => object;
}
const wasm = Reflect.get(globalThis, 'WebAssembly') as Wasm;

/** The shortest module there is. */
const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

function simulate<T>(work: () => Promise<T>): Promise<T> {
  const nowhere: typeof fetch = () => Promise.resolve(new Response('from nowhere'));
  return withVirtualGlobals({ clock: new VirtualClock(), random: seededRandom(1), fetch: nowhere }, work);
}

it('compiles at once in virtual time, and gives what the platform gives', async () => {
  const answered = new Response(bytes, { headers: { 'content-type': 'application/wasm' } });
  const make = async (): Promise<object[]> => [
    await wasm.compile(bytes),
    await wasm.instantiate(await wasm.compile(bytes)),
    await wasm.instantiate(bytes),
    await wasm.compileStreaming(answered.clone()),
    await wasm.instantiateStreaming(Promise.resolve(answered.clone())),
  ];
  const { made, tookMs } = await simulate(async () => {
    // As in a run, in which time goes on while somebody waits.
    const ticking = setInterval(() => undefined, 1);
    const made = await make();
    clearInterval(ticking);
    return { made, tookMs: performance.now() };
  });
  expect(made.map(shapeOf)).toEqual((await make()).map(shapeOf));
  expect(tookMs).toBe(0);
});

it('refuses what is no module, as the platform does', async () => {
  const refused = await simulate(async () => ({
    bytes: await wasm.compile(new Uint8Array(4)).catch((cause: unknown) => String(cause)),
    type: await wasm.compileStreaming(new Response(bytes)).catch((cause: unknown) => String(cause)),
  }));
  expect(refused.bytes).toContain('CompileError');
  expect(refused.type).toContain('TypeError');
});

function shapeOf(given: object): unknown {
  const entries = Object.entries(given).map(([key, value]) => `${key} ${Object.prototype.toString.call(value)}`);
  return [Object.prototype.toString.call(given), ...entries.toSorted()];
}
