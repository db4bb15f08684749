/** What a form still lacks before it can be sent. Pure; the server says the last word. */
import { characters } from '@shared/text'
import type { RequestType } from './requests'

export type Fault = { is: 'missing' } | { is: 'too_long'; limit: number; count: number }

export function faultsOf(type: Pick<RequestType, 'form'>, values: Readonly<Record<string, string>>): Record<string, Fault> {
  const faults: Record<string, Fault> = {}
  for (const field of type.form) {
    const value = (values[field.key] ?? '').trim()
    const count = characters(value)
    if (field.required && count === 0) faults[field.key] = { is: 'missing' }
    else if (count > field.limit) faults[field.key] = { is: 'too_long', limit: field.limit, count }
  }
  return faults
}
