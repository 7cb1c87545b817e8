import { z } from 'zod';
import {
  codeSetting,
  injectIntoRequests,
  requestFaultSpec,
  vendorNames,
  whichSettings,
  type RequestFault,
} from './request-fault.ts';
import type { FaultInjector, FaultSpec } from './types.ts';

const settings = whichSettings.extend({
  status: z.int().min(400).max(599),
  vendor: z.enum(vendorNames).optional(),
  code: codeSetting,
  // It goes into a head as it is.
  retryAfter: z
    .string()
    .max(1000)
    .regex(/^[\x20-\x7e]+$/, 'one line of ASCII')
    .optional(),
});

/**
 * Requests to the part are answered with an error, and the part never hears of them.
 *
 * @param fault.status what is answered: 400 to 599, default 503
 * @param fault.vendor whose words the answer is in; default it has no body
 * @param fault.code which of the vendor's errors, as `insufficient_quota`; default the usual one of the status
 * @param fault.retryAfter what stands in `Retry-After`, sense or not: `1`, `-5`, `soon`; `date+30` and `date-30` become the date so many
 * seconds from then, and `none` leaves out what the vendor says; default what the vendor says
 */
export function failRequests(
  fault: {
    status?: number;
    vendor?: (typeof vendorNames)[number];
    code?: string;
    retryAfter?: string;
  } & RequestFault,
): FaultSpec {
  const { part, status = 503, vendor, code, retryAfter } = fault;
  const { path, share = 1, times } = fault;
  const words = [vendor, code].filter((word) => word !== undefined).join(' ');
  const hint = retryAfter === undefined ? '' : `; Retry-After ${retryAfter}`;
  const isTotal = share === 1 && path === undefined && times === undefined;
  const spec = requestFaultSpec(fault, {
    ...{ kind: 'failRequests', name: 'failing-requests' },
    summary: `requests to ${part} are answered ${status}${words === '' ? '' : ` (${words})`}${hint}`,
    settings: {
      status,
      ...(vendor === undefined ? {} : { vendor }),
      ...(code === undefined ? {} : { code }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    },
  });
  return isTotal ? { ...spec, remainingPerSecond: 0 } : spec;
}

export const failRequestsInjector: FaultInjector = {
  kind: 'failRequests',
  settings,
  inject: (spec, access) => {
    const { status, vendor = '', code = '', retryAfter = '', ...which } = settings.parse(spec.settings);
    const attributes = { status, vendor, code, retry_after: retryAfter };
    return injectIntoRequests(spec, access, { type: 'http_status', attributes, which });
  },
};
