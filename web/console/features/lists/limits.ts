/** When waiting becomes long: amber, then red, each with its words. Pure. */

import { secondsBetween } from '@shared/time'
import type { ConversationSummary, QueueState } from '../../api/types'

export type Tone = 'quiet' | 'wait' | 'alarm'
export type Limits = { amber: number; red: number }

/** Seconds, where no queue says it. */
const USUAL = 60

type Owed = Pick<ConversationSummary, 'status' | 'waiting_reply_since' | 'last_message_by' | 'arrived_at'> & { channel?: string }

/** Red is the service level of the queue, at which the desk also raises its alarm; amber warns at half of it. */
export function limitsOf(queue: Pick<QueueState, 'service_level_seconds'> | undefined): Limits {
  const red = queue?.service_level_seconds ?? USUAL
  return { amber: red / 2, red }
}

/** Since when somebody waits for an agent's words. Whoever was answered by the bot alone asked for a person and waits too. */
export function owedSince(conversation: Owed): string | null {
  // On the telephone nobody is answered in writing.
  if (conversation.status !== 'active' || conversation.channel === 'hotline') return null
  if (conversation.waiting_reply_since) return conversation.waiting_reply_since
  return conversation.last_message_by === 'agent' ? null : conversation.arrived_at
}

export function toneOf(seconds: number, limits: Limits): Tone {
  if (seconds >= limits.red) return 'alarm'
  return seconds >= limits.amber ? 'wait' : 'quiet'
}

/**
 * The seconds of waiting that count. The desk says by when an agent's words are owed: while the queue is closed the
 * clock stands still, so that time is not the agent's fault.
 */
export function counted(conversation: Pick<ConversationSummary, 'waiting_reply_since' | 'reply_due_at'>, since: string, now: number, limits: Limits): number {
  const { waiting_reply_since, reply_due_at } = conversation
  if (!waiting_reply_since || !reply_due_at) return secondsBetween(since, now)
  const left = secondsBetween(now, reply_due_at)
  return Math.max(0, limits.red - left)
}

/** How much of the time that is left until red is used up, 0 to 1. */
export function usedUp(seconds: number, limits: Limits): number {
  return Math.min(1, Math.max(0, seconds / limits.red))
}
