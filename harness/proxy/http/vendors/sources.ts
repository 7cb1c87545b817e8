import {
  json,
  reasonOf,
  requestId,
  requestUuid,
  resetTime,
  retryAfter,
  type AskedError,
  type VendorError,
} from './vendor-error.ts';

/** `code` is which limit, `TotalRequests` or `ConcurrentPerOrgLongTxn`, or a code of errors. Its limits have status 403, and no field says when to come again. */
export function salesforce({ status, code }: AskedError): VendorError {
  const limits = ['TotalRequests', 'ConcurrentPerOrgLongTxn'];
  const limit = code === '' || code === 'REQUEST_LIMIT_EXCEEDED' ? limits[0] : limits.find((one) => one === code);
  const isLimit = limit !== undefined && (code !== '' || status === 403);
  return json([
    isLimit
      ? { message: `${limit} Limit exceeded.`, errorCode: 'REQUEST_LIMIT_EXCEEDED' }
      : { message: reasonOf(status), errorCode: code === '' ? 'UNKNOWN_EXCEPTION' : code },
  ]);
}

/** `code` is the policy: `DAILY`, `TEN_SECONDLY_ROLLING`, `SECONDLY`. */
export function hubspot({ status, code }: AskedError): VendorError {
  const ids = { correlationId: requestUuid };
  if (status !== 429) return json({ status: 'error', message: code === '' ? reasonOf(status) : code, ...ids });
  const policyName = code === '' ? 'DAILY' : code;
  const message = `You have reached your ${policyName.toLowerCase()} limit.`;
  const [daily, secondly] = policyName === 'DAILY' ? ['0', '9'] : ['249000', '0'];
  return json(
    { status: 'error', message, errorType: 'RATE_LIMIT', ...ids, policyName, requestId: requestUuid },
    {
      ...{ 'x-hubspot-ratelimit-daily': '250000', 'x-hubspot-ratelimit-daily-remaining': daily },
      ...{ 'x-hubspot-ratelimit-secondly': '10', 'x-hubspot-ratelimit-secondly-remaining': secondly },
    },
  );
}

/** `code` is why: `jira-burst-based`, `jira-per-issue-on-write`. The text is that of github.com/raycast/extensions/issues/29015. */
export function jira(asked: AskedError): VendorError {
  const { status, code, waitSeconds } = asked;
  if (status !== 429) {
    const body = { errorMessages: [code === '' ? reasonOf(status) : code], errors: {} };
    return json(body, status === 503 ? retryAfter(waitSeconds) : {});
  }
  return json(
    { errorMessages: ['The request has been rate-limited. Please try again later.'], errors: {} },
    {
      ...retryAfter(waitSeconds),
      ...{ 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0', 'x-ratelimit-nearlimit': 'true' },
      ...{ 'x-ratelimit-reset': resetTime(asked), 'ratelimit-reason': code === '' ? 'jira-burst-based' : code },
    },
  );
}

/** The codes of https://developers.notion.com/reference/status-codes by status. */
const notionCodes: Readonly<Record<number, string>> = {
  ...{ 400: 'validation_error', 401: 'unauthorized', 403: 'restricted_resource', 404: 'object_not_found' },
  ...{ 409: 'conflict_error', 429: 'rate_limited', 500: 'internal_server_error', 503: 'service_unavailable' },
  529: 'service_overload',
};

/** Of a limit, `code` is its reason, which can be any word, as the documents say; the usual one here is ours. Else it is the code. */
export function notion({ status, code, waitSeconds }: AskedError): VendorError {
  const isLimit = status === 429;
  const usual = notionCodes[status] ?? (status >= 500 ? 'internal_server_error' : 'invalid_request');
  const reason = code === '' ? 'connection' : code;
  return json(
    {
      ...{ object: 'error', status, code: isLimit || code === '' ? usual : code },
      message: isLimit ? 'You have been rate limited. Please try again in a few minutes.' : reasonText(status),
      ...(isLimit ? { additional_data: { rate_limit_reason: reason } } : {}),
      request_id: requestUuid,
    },
    isLimit || status === 529 ? retryAfter(waitSeconds) : {},
  );
}

function reasonText(status: number): string {
  return status === 529 ? 'The service is overloaded. Please try again later.' : reasonOf(status);
}

/** The codes of https://learn.microsoft.com/graph/errors by status. */
const graphCodes: Readonly<Record<number, string>> = {
  ...{ 400: 'invalidRequest', 401: 'unauthenticated', 403: 'accessDenied', 404: 'itemNotFound' },
  ...{ 429: 'activityLimitReached', 503: 'serviceNotAvailable' },
};

export function microsoftGraph({ status, code, waitSeconds, nowMs }: AskedError): VendorError {
  const isLimit = status === 429;
  const date = new Date(nowMs).toISOString().replace(/\.\d+Z$/, '');
  const message = isLimit ? 'The request has been throttled' : reasonOf(status);
  const ids = { date, 'request-id': requestUuid, 'client-request-id': requestUuid };
  const inner = isLimit ? { code: 'throttledRequest', innerError: { code: 'quota' }, ...ids } : ids;
  return json(
    { error: { code: code === '' ? (graphCodes[status] ?? 'generalException') : code, message, innerError: inner } },
    {
      ...(isLimit || status === 503 ? retryAfter(waitSeconds) : {}),
      ...(isLimit
        ? { 'ratelimit-limit': '1200', 'ratelimit-remaining': '0', 'ratelimit-reset': String(waitSeconds) }
        : {}),
    },
  );
}

/** As the CRM of `fakes/` has it. */
export function zendesk({ status, code, waitSeconds }: AskedError): VendorError {
  if (status !== 429) return json({ error: code === '' ? reasonOf(status) : code, description: reasonOf(status) });
  const description = 'Number of allowed API requests per minute exceeded';
  return json(
    { error: code === '' ? 'APIRateLimitExceeded' : code, description },
    {
      ...retryAfter(waitSeconds),
      ...{ 'x-rate-limit': '700', 'x-rate-limit-remaining': '0' },
      ...{ 'ratelimit-limit': '700', 'ratelimit-remaining': '0', 'ratelimit-reset': String(waitSeconds) },
    },
  );
}

/** The codes of https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html by status, and what they say. */
const s3Codes: Readonly<Record<number, string>> = {
  ...{ 403: 'AccessDenied', 404: 'NoSuchKey', 500: 'InternalError', 503: 'SlowDown' },
};
const s3Messages: ReadonlyMap<string, string> = new Map([
  ['AccessDenied', 'Access Denied'],
  ['NoSuchKey', 'The specified key does not exist.'],
  ['InternalError', 'We encountered an internal error. Please try again.'],
  ['SlowDown', 'Please reduce your request rate.'],
]);

export function s3({ status, code }: AskedError): VendorError {
  const own = code === '' ? (s3Codes[status] ?? reasonOf(status).replaceAll(' ', '')) : code;
  const message = s3Messages.get(own) ?? reasonOf(status);
  const fields = { Code: own, Message: message, RequestId: requestId, HostId: 'gameday' };
  const inside = Object.entries(fields).map(([name, text]) => `<${name}>${escaped(text)}</${name}>`);
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inside.join('')}</Error>`;
  return { contentType: 'application/xml', headers: { 'x-amz-request-id': requestId }, body };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const githubDocs = 'https://docs.github.com/rest';
const githubLimits = `${githubDocs}/overview/rate-limits-for-the-rest-api`;

/** `code` is `secondary` for the limits that have no figures, or the text. A primary limit is told by its fields alone, with 403 or 429. */
export function github({ status, code, waitSeconds, nowMs }: AskedError): VendorError {
  const say = (message: string, url: string, headers = {}): VendorError =>
    json({ message, documentation_url: url, status: String(status) }, headers);
  if (code === 'secondary')
    return say(
      'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
      `${githubLimits}#about-secondary-rate-limits`,
    );
  if (code !== '' || (status !== 403 && status !== 429)) return say(code === '' ? reasonOf(status) : code, githubDocs);
  return say('API rate limit exceeded for user ID 1.', githubLimits, {
    ...{ 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '0', 'x-ratelimit-used': '5000' },
    ...{ 'x-ratelimit-reset': String(Math.ceil(nowMs / 1000) + waitSeconds), 'x-ratelimit-resource': 'core' },
  });
}
