import { formatted, type TextAttribute } from './http-toxic.ts';
import { anthropic } from './vendors/anthropic.ts';
import { edge } from './vendors/edge.ts';
import { bedrock, tei, vllm } from './vendors/model-servers.ts';
import { azureOpenai, openai } from './vendors/openai.ts';
import { github, hubspot, jira, microsoftGraph, notion, s3, salesforce, zendesk } from './vendors/sources.ts';
import { milvus, opensearch, qdrant, weaviate } from './vendors/stores.ts';
import type { AskedError, VendorError } from './vendors/vendor-error.ts';

/** Whose errors an answer looks like: models, then stores, sources, and what stands before any of them. */
export const vendors = [
  ...(['openai', 'anthropic', 'bedrock', 'vllm', 'tei', 'azure-openai'] as const),
  ...(['qdrant', 'weaviate', 'milvus', 'opensearch'] as const),
  ...(['salesforce', 'hubspot', 'jira', 'notion', 'microsoft-graph', 'zendesk', 's3', 'github'] as const),
  'edge',
] as const;
export type Vendor = (typeof vendors)[number];

/** Which of a vendor's errors; it can get into the head of an answer, and into the name of an event. */
export const codeAttribute: TextAttribute = formatted('a word of ASCII, as "insufficient_quota"', /^[\x20-\x7e]*$/);

const answers: Readonly<Record<Vendor, (asked: AskedError) => VendorError>> = {
  ...{ openai, anthropic, bedrock, vllm, tei, 'azure-openai': azureOpenai },
  ...{ qdrant, weaviate, milvus, opensearch },
  ...{ salesforce, hubspot, jira, notion, 'microsoft-graph': microsoftGraph, zendesk, s3, github },
  edge,
};

/**
 * The error of a vendor. `code` picks one of several with the same status - `insufficient_quota`, `overloaded_error`, `ThrottlingException` -, and
 * is taken as it is where it is not known; empty for the one that the status usually has.
 */
export function vendorError(vendor: Vendor, asked: AskedError): VendorError {
  return answers[vendor](asked);
}
