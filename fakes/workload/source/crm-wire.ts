import { z } from 'zod';

// The part of the Zendesk API that is used:
// https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/ (cursor based)
// https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/

const TicketSchema = z.object({
  id: z.number(),
  subject: z.string().default(''),
  comment_count: z.number().default(0),
});
export type Ticket = z.infer<typeof TicketSchema>;

export const TicketPageSchema = z.object({
  tickets: z.array(TicketSchema),
  after_cursor: z.string().nullable(),
  end_of_stream: z.boolean(),
});
export type TicketPage = z.infer<typeof TicketPageSchema>;

const CommentSchema = z.object({ id: z.number(), plain_body: z.string() });
export type Comment = z.infer<typeof CommentSchema>;

export const CommentsSchema = z.object({ comments: z.array(CommentSchema), count: z.number() });
