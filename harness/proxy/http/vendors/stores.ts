import { json, reasonOf, retryAfter, type AskedError, type VendorError } from './vendor-error.ts';

/** What Qdrant says by each status, in its envelope. */
const qdrantErrors: Readonly<Record<number, string>> = {
  400: 'Wrong input: the request could not be understood',
  404: "Not found: Collection `chunks` doesn't exist!",
  408: 'Timeout error: Operation timed out after 60 seconds',
  500: 'Service internal error: 1 of 1 read operations failed: Timeout expired',
  503: 'Service internal error: The replica set for shard 0 on peer 1 does not have enough active replicas',
};

export function qdrant({ status, code, waitSeconds }: AskedError): VendorError {
  return json(
    { status: { error: code === '' ? qdrantError(status, waitSeconds) : code }, time: 0 },
    status === 429 ? retryAfter(waitSeconds) : {},
  );
}

function qdrantError(status: number, waitSeconds: number): string {
  if (status === 429)
    return (
      'Rate limiting exceeded: Read rate limit exceeded: ' +
      `Operation requires 1 tokens but only 0.0 were available. Retry after ${waitSeconds}s`
    );
  return qdrantErrors[status] ?? (status >= 500 ? 'Service internal error' : reasonOf(status));
}

/** A shard that its full disk has made read-only, as in github.com/weaviate/weaviate/issues/5297. */
const readOnly = 'put object: import into index chunks: put local object: shard="gameday": store is read-only';

/** Weaviate has only texts: `code` takes their place. */
export function weaviate({ status, code }: AskedError): VendorError {
  const message = status === 500 ? readOnly : reasonOf(status);
  return json({ error: [{ message: code === '' ? message : code }] });
}

/** What Milvus says by its own code, github.com/milvus-io/milvus/issues/33756 and /19508; status 200 is the usual one of its REST. */
const milvusMessages: ReadonlyMap<string, string> = new Map([
  ['9', 'quota exceeded[reason=rate type: DMLInsert]'],
  ['48', 'force to deny /milvus.proto.milvus.MilvusService/Insert.'],
]);
const milvusUnexpected = 65_535;

export function milvus({ code }: AskedError): VendorError {
  const own = code === '' ? '9' : code;
  const isNumber = /^[0-9]{1,9}$/.test(own);
  const message = milvusMessages.get(own) ?? (isNumber ? `The request failed (${own}).` : own);
  return json({ code: isNumber ? Number(own) : milvusUnexpected, message });
}

/** What blocks an index when the disk is nearly full. Older versions say it with 403. */
const blocked = (by: string): string =>
  `index [chunks] blocked by: [${by}/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];`;
const opensearchTypes: Readonly<Record<number, string>> = {
  ...{ 400: 'mapper_parsing_exception', 403: 'cluster_block_exception', 404: 'index_not_found_exception' },
  429: 'cluster_block_exception',
};
const opensearchReasons: ReadonlyMap<string, (status: number) => string> = new Map<string, (status: number) => string>([
  ['cluster_block_exception', (status) => blocked(status === 403 ? 'FORBIDDEN' : 'TOO_MANY_REQUESTS')],
  // The circuit breaker of k-NN refuses documents so, and hides why.
  ['mapper_parsing_exception', () => 'failed to parse'],
  ['index_not_found_exception', () => 'no such index [chunks]'],
  ['es_rejected_execution_exception', () => 'rejected execution of coordinating operation'],
]);

export function opensearch({ status, code }: AskedError): VendorError {
  const type = code === '' ? (opensearchTypes[status] ?? 'status_exception') : code;
  const cause = { type, reason: opensearchReasons.get(type)?.(status) ?? reasonOf(status) };
  return json({ error: { root_cause: [cause], ...cause }, status });
}
