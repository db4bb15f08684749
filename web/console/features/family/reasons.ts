/** The reasons that are usual for looking behind a mask, and how a choice and free words become one sentence. Pure. */
import type { RevealField } from '../../api/panels'

export type Field = RevealField['field']
export type Reason = 'call_up' | 'call_back' | 'identity' | 'delivery' | 'address_change' | 'invoice' | 'ask_doctor' | 'complaint' | 'other'

const USUAL: Record<Field, readonly Reason[]> = {
  phone: ['call_up', 'call_back', 'identity', 'delivery', 'complaint', 'other'],
  name: ['identity', 'invoice', 'complaint', 'other'],
  id_number: ['identity', 'invoice', 'other'],
  address: ['delivery', 'address_change', 'other'],
  child_name: ['identity', 'ask_doctor', 'complaint', 'other'],
}

export const LONGEST_REASON = 200

export function usualReasons(field: Field): readonly Reason[] {
  return USUAL[field]
}

/** What is written on the record, or null while it does not say enough: "other" needs words of its own. */
export function reasonInWords(reason: Reason | null, words: string, more: string): string | null {
  const added = more.trim()
  if (reason === null || reason === 'other') return Array.from(added).length >= 2 ? added.slice(0, LONGEST_REASON) : null
  return (added ? `${words} · ${added}` : words).slice(0, LONGEST_REASON)
}
