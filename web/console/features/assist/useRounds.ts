/** The sessions of now while somebody looks at them, whom they have chosen, and the one call for all of these. */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { Ref } from 'vue'
import { toast } from '@shared/ui'
import { t, tError } from '../../i18n'
import { callFamilies, fetchSessions, isCallable, mostAway, nextOf } from './rounds'

const AGAIN_MS = 15_000

export function useRounds(open: Ref<boolean>) {
  const sessions = shallowRef<Awaited<ReturnType<typeof fetchSessions>> | null>(null)
  const sessionId = ref('')
  const chosen = ref<string[]>([])
  const busy = ref(false)
  const failure = ref('')
  let timer: ReturnType<typeof setInterval> | undefined
  let clientKey = crypto.randomUUID()

  const session = computed(() => sessions.value?.find((one) => one.id === sessionId.value))

  async function load(): Promise<void> {
    try {
      sessions.value = await fetchSessions()
      failure.value = ''
      if (!session.value) show(mostAway(sessions.value)?.id ?? '')
      // Whoever has come online meanwhile, or is called by somebody else, need not be called.
      chosen.value = chosen.value.filter((id) => session.value?.patients.some((one) => one.appointment_id === id && isCallable(one)))
    } catch (error) {
      failure.value = tError(error)
    }
  }

  function show(id: string): void {
    sessionId.value = id
    chosen.value = session.value ? nextOf(session.value) : []
  }

  async function call(): Promise<void> {
    if (busy.value || chosen.value.length === 0) return
    busy.value = true
    try {
      const n = await callFamilies(sessionId.value, chosen.value, clientKey)
      clientKey = crypto.randomUUID()
      toast(t('rounds.begun', { n }))
      chosen.value = []
      await load()
    } catch (error) {
      failure.value = tError(error)
    } finally {
      busy.value = false
    }
  }

  watch(open, (is) => {
    clearInterval(timer)
    if (!is) return
    void load()
    timer = setInterval(() => void load(), AGAIN_MS)
  }, { immediate: true })
  onScopeDispose(() => { clearInterval(timer) })

  return { sessions, session, sessionId, chosen, busy, failure, load, show, call }
}
