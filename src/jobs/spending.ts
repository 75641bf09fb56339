/** What a run may take and cost, as a spec says it. */
import { z } from 'zod';

/** Longest time from the start of the run to its report. */
export const deadlineSchema = z
  .string()
  .regex(/^(?=.*[1-9])\d{1,6}(\.\d+)?(min|h)$/, 'a deadline is a time such as 90min or 2h');

export const budgetSchema = z.strictObject({
  /** In the currency of the rate. */
  amount: z.number().positive(),
  /** Price of one worker for an hour. */
  hourlyRate: z.number().positive(),
});
export type Budget = z.infer<typeof budgetSchema>;

/** @param deadline as the schema has it */
export function deadlineSeconds(deadline: string): number {
  return Number.parseFloat(deadline) * (deadline.endsWith('h') ? 3600 : 60);
}
