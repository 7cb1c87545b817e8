/** A refusal in the words and with the status of Toxiproxy. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

export const apiErrors = {
  badBody: (why: string) => new ApiError(400, `bad request body: ${why}`),
  bodyTooLong: (mostBytes: number) => new ApiError(413, `a body has at most ${mostBytes} bytes`),
  missingField: (field: string) => new ApiError(400, `missing required field: ${field}`),
  invalidStream: () => new ApiError(400, 'stream was invalid, can be either upstream or downstream'),
  invalidToxicType: () => new ApiError(400, 'invalid toxic type'),
  fixedSeed: () =>
    new ApiError(400, 'a seed cannot be changed: what has been decided by it would have no order any more'),
  proxyNotFound: () => new ApiError(404, 'proxy not found'),
  toxicNotFound: () => new ApiError(404, 'toxic not found'),
  receiptNotFound: () => new ApiError(404, 'receipt not found'),
  proxyExists: () => new ApiError(409, 'proxy already exists'),
  toxicExists: () => new ApiError(409, 'toxic already exists'),
} as const;
