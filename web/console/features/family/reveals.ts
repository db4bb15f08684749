/** Values that were uncovered for a reason: in memory only, for the one who asked, until their time is over. */
import { computed, reactive } from 'vue'
import type { ComputedRef } from 'vue'
import { serverNow, useNow } from '@shared/now'
import { secondsBetween } from '@shared/time'
import { revealValue } from '../../api/panels'
import type { Revealed, RevealField } from '../../api/panels'
import { useSession } from '../../stores/session'

export type RevealTarget = { guardianId: string; field: RevealField['field']; subjectId: string }

export type Reveal = {
  /** The value while it may be seen. */
  value: ComputedRef<string | null>
  secondsLeft: ComputedRef<number>
  reveal: (reason: string) => Promise<void>
  hide: () => void
}

const uncovered = reactive(new Map<string, Revealed>())
const hiding = new Map<string, ReturnType<typeof setTimeout>>()

/** One masked value and what may be done about it. */
export function useReveal(target: () => RevealTarget): Reveal {
  const session = useSession()
  const now = useNow()
  // The next person at this computer has another key, and sees nothing of what the last one uncovered.
  const key = computed(() => keyOf(session.me?.staff_id ?? '', target()))
  const secondsLeft = computed(() => {
    const held = session.expired ? undefined : uncovered.get(key.value)
    return held ? Math.max(0, Math.ceil(secondsBetween(now.value, held.until))) : 0
  })
  return {
    value: computed(() => (secondsLeft.value > 0 ? (uncovered.get(key.value)?.value ?? null) : null)),
    secondsLeft,
    reveal: async (reason) => {
      const { guardianId, field, subjectId } = target()
      const under = key.value
      keep(under, await revealValue(guardianId, { field, subject_id: subjectId, reason }))
    },
    hide: () => { forget(key.value) },
  }
}

function keyOf(staffId: string, target: RevealTarget): string {
  return [staffId, target.guardianId, target.field, target.subjectId].join('/')
}

function keep(key: string, revealed: Revealed): void {
  forget(key)
  uncovered.set(key, revealed)
  // Also when nobody looks at the panel any more.
  hiding.set(key, setTimeout(() => { forget(key) }, Math.max(0, Date.parse(revealed.until) - serverNow())))
}

function forget(key: string): void {
  clearTimeout(hiding.get(key))
  hiding.delete(key)
  uncovered.delete(key)
}
