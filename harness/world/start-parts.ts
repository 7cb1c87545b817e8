import { join } from 'node:path';
import { z } from 'zod';
import { siblingModule } from '../kit/sibling-module.ts';
import { connectProxyClient } from '../proxy/client.ts';
import { connectPart } from './admin-client.ts';
import { harmlessEnvironment } from './environment.ts';
import type { RunningPart } from './host.ts';
import type { StartedProxy } from './links.ts';
import type { Ground } from './local-options.ts';
import { PartReadySchema } from './part-settings.ts';
import type { PartSpec } from './types.ts';

const proxyReadyWithinMs = 20_000;
/** An embedded database loads for some seconds, and longer on a machine that is busy. */
const partReadyWithinMs = 60_000;

const ProxyReadySchema = z.object({ kind: z.literal('ready'), port: z.number().int().positive() });

/** Where the output of a process of the world goes, relative to the run's folder. */
export function outputOf(name: string): string {
  return join('output', `${name}.log`);
}

export async function startProxy(ground: Ground): Promise<StartedProxy> {
  const { options, children, signal } = ground;
  const child = await children.spawn({
    name: 'fault-proxy',
    module: siblingModule(import.meta.url, '../proxy/main'),
    arguments: ['--seed', String(options.seed)],
    environment: harmlessEnvironment(process.env),
    outputFile: join(options.runFolder, outputOf('fault-proxy')),
  });
  const wanted = { schema: ProxyReadySchema, limitMs: proxyReadyWithinMs, code: 'part-not-ready', signal } as const;
  const { port } = await child.waitReady(wanted);
  options.onProgress?.('the fault proxy is ready');
  const url = `http://127.0.0.1:${port}`;
  const client = connectProxyClient(url, options);
  await client.renew(options.leaseMs);
  return { client, url, pid: child.pid };
}

export async function startPart(spec: PartSpec, ground: Ground): Promise<RunningPart> {
  const { options, children, undo, signal } = ground;
  const { name, protocol, module, settings } = spec;
  const begin = { name, protocol, module, settings, corpus: options.corpus, seed: options.seed };
  const child = await children.spawn({
    ...{ name, begin },
    module: siblingModule(import.meta.url, './part-main'),
    environment: harmlessEnvironment(process.env),
    outputFile: join(options.runFolder, outputOf(name)),
  });
  const wanted = { schema: PartReadySchema, limitMs: partReadyWithinMs, code: 'part-not-ready', signal } as const;
  const { port, adminPort } = await child.waitReady(wanted);
  options.onProgress?.(`${name} is ready`);
  const part = connectPart({ name, pid: child.pid, adminPort, caller: options, undo });
  return { spec, part, host: '127.0.0.1', port };
}
