import { z } from 'zod';
import type { FaultAccess, ToxicSpec } from '../world/types.ts';
import { injectIntoLink } from './link-fault.ts';
import type { ActiveFault, FaultSpec } from './types.ts';

/** Which requests to a part a fault is done to; where nothing is said, all of them. */
export interface WhichRequests {
  /** A path without its query, from the first `/` on; `*` stands for anything: `/v1/chat/*`. */
  readonly path?: string;
  /** Of those, so many are chosen by chance: above 0, up to 1; default 1. */
  readonly share?: number;
  /** No more than so many; default without limit. */
  readonly times?: number;
}

/** Whose words an error is in; the fault proxy has the same list. */
export const vendorNames = [
  ...(['openai', 'anthropic', 'bedrock', 'vllm', 'tei', 'azure-openai'] as const),
  ...(['qdrant', 'weaviate', 'milvus', 'opensearch'] as const),
  ...(['salesforce', 'hubspot', 'jira', 'notion', 'microsoft-graph', 'zendesk', 's3', 'github'] as const),
  'edge',
] as const;

/** What the proxy takes: an hour, in ms. */
export const longestMs = 3_600_000;

/** One of a vendor's errors, where a fault takes one. */
export const codeSetting = z
  .string()
  .max(1000)
  .regex(/^[\x20-\x7e]*$/, 'a word of ASCII')
  .optional();

/** What such a fault has in its settings beside its own. */
export const whichSettings = z.object({
  path: z
    .string()
    .max(1000)
    .regex(/^[/*][\x21-\x22\x24-\x3e\x40-\x7e]*$/, 'a path from its first "/" on, as "/v1/*", without a query')
    .optional(),
  share: z.number().gt(0).max(1),
  times: z.int().positive().optional(),
});

/** What a scenario says of any such fault. */
export interface RequestFault extends WhichRequests {
  readonly part: string;
  /** Default that of its kind. */
  readonly name?: string;
  /** How long it stays, milliseconds; default: as long as the pace says. */
  readonly durationMs?: number;
}

/** A fault as the plan has it, of what a scenario says and of what its kind adds: `own.summary` says what happens, and to which requests is put behind it. */
export function requestFaultSpec(
  fault: RequestFault,
  own: Pick<FaultSpec, 'kind' | 'name' | 'summary' | 'settings'>,
): FaultSpec {
  const { part, durationMs } = fault;
  return {
    ...{ kind: own.kind, name: fault.name ?? own.name, part },
    summary: `${own.summary}${whichWords(fault)}`,
    settings: { ...own.settings, ...whichOf(fault) },
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

/** The settings that are given, and no others: a stored plan has no room for what is not there. */
function whichOf({ path, share = 1, times }: WhichRequests): Record<string, string | number> {
  return { share, ...(path === undefined ? {} : { path }), ...(times === undefined ? {} : { times }) };
}

/** The same, at the end of the summary of a fault. */
function whichWords({ path, share = 1, times }: WhichRequests): string {
  const parts = [
    ...(path === undefined ? [] : [`to ${path}`]),
    ...(share === 1 ? [] : [`${Number((share * 100).toPrecision(3))} % of them`]),
    ...(times === undefined ? [] : [`${times} at most`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** Injects a fault that is done to requests, each by itself. What it saw and altered is counted in requests. */
export function injectIntoRequests(
  spec: FaultSpec,
  access: FaultAccess,
  toxic: Pick<ToxicSpec, 'type' | 'attributes'> & { readonly which: z.output<typeof whichSettings> },
): Promise<ActiveFault> {
  const { type, which } = toxic;
  const { share: toxicity, path = '', times = 0 } = which;
  return injectIntoLink(spec, access, { type, toxicity, attributes: { path, times, ...toxic.attributes } }, 'requests');
}
