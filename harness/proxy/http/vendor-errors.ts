import { formatted, type TextAttribute } from './http-toxic.ts';
import { anthropic } from './vendors/anthropic.ts';
import { edge } from './vendors/edge.ts';
import { bedrock, tei, vllm } from './vendors/model-servers.ts';
import { azureOpenai, openai } from './vendors/openai.ts';
import { github, hubspot, jira, microsoftGraph, notion, s3, salesforce, zendesk } from './vendors/sources.ts';
import { milvus, opensearch, qdrant, weaviate } from './vendors/stores.ts';
import type { AskedError, VendorError } from './vendors/vendor-error.ts';

/** Which of a vendor's errors; it can get into the head of an answer, and into the name of an event. */
export const codeAttribute: TextAttribute = formatted('a word of ASCII, as "insufficient_quota"', /^[\x20-\x7e]*$/);

/** Models, then stores, sources, and what stands before any of them. */
const answers = {
  ...{ openai, anthropic, bedrock, vllm, tei, 'azure-openai': azureOpenai },
  ...{ qdrant, weaviate, milvus, opensearch },
  ...{ salesforce, hubspot, jira, notion, 'microsoft-graph': microsoftGraph, zendesk, s3, github },
  edge,
} as const satisfies Readonly<Record<string, (asked: AskedError) => VendorError>>;

/** Whose errors an answer looks like. */
export type Vendor = keyof typeof answers;
export const vendors = Object.keys(answers) as readonly Vendor[];

/**
 * The error of a vendor. `code` picks one of several with the same status - `insufficient_quota`, `overloaded_error`, `ThrottlingException` -, and
 * is taken as it is where it is not known; empty for the one that the status usually has.
 */
export function vendorError(vendor: Vendor, asked: AskedError): VendorError {
  return answers[vendor](asked);
}
