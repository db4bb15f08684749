/** The page of connected systems: what is shown, and the one thing that is being done to one of them. */
import { onMounted, onScopeDispose, ref, shallowRef } from 'vue'
import { toast } from '@shared/ui'
import { t, tCode, tError } from '../../i18n'
import { addSystem, changeKey, changeSystem, discardPost, fetchWebhooks, removeSystem, replayPost, trySystem } from './api'
import type { GivenKey, Letter, System, Wanted, WebhooksPage } from './api'

/** What is asked for confirmation before it is done. */
export type Deed = 'key' | 'remove'

const AGAIN_MS = 15_000

/** Why something was not delivered, in words. */
export function faultWords(code: string): string {
  return tCode('webhooks.fault', code, { code: code.replace('status_', '') }, 'webhooks.fault.other')
}

export function useWebhooks() {
  const page = shallowRef<WebhooksPage | null>(null)
  const failure = ref('')
  const busy = ref('')
  const given = shallowRef<GivenKey | null>(null)
  const asking = shallowRef<{ deed: Deed; system: System } | null>(null)
  const editing = shallowRef<System | 'new' | null>(null)
  const thrown = shallowRef<Letter | null>(null)

  async function load(): Promise<void> {
    try {
      page.value = await fetchWebhooks()
      failure.value = ''
    } catch (error) {
      failure.value = tError(error)
    }
  }

  /** Does one thing about `what` and shows what has become of it; whether it worked. */
  async function attempt(what: string, doing: () => Promise<void>): Promise<boolean> {
    if (busy.value) return false
    busy.value = what
    try {
      await doing()
      return true
    } catch (error) {
      toast(tError(error), 'alarm')
      return false
    } finally {
      busy.value = ''
      await load()
    }
  }

  async function save(wanted: Wanted): Promise<void> {
    const edited = editing.value
    if (!edited) return
    const done = await attempt('save', async () => {
      if (edited === 'new') given.value = await addSystem(wanted)
      else await changeSystem(edited.id, wanted)
    })
    if (!done) return
    editing.value = null
    if (edited !== 'new') toast(t('webhooks.saved'))
  }

  async function confirm(): Promise<void> {
    const asked = asking.value
    if (!asked) return
    const done = await attempt(asked.system.id, async () => {
      if (asked.deed === 'key') given.value = await changeKey(asked.system.id)
      else await removeSystem(asked.system.id)
    })
    asking.value = null
    if (done && asked.deed === 'remove') toast(t('webhooks.removed'))
  }

  async function tryOut(system: System): Promise<void> {
    await attempt(system.id, async () => {
      const { error } = await trySystem(system.id)
      if (error) toast(t('webhooks.test_failed', { why: faultWords(error) }), 'alarm')
      else toast(t('webhooks.test_done'))
    })
  }

  async function replay(letter: Letter): Promise<void> {
    if (await attempt(letter.id, () => replayPost(letter.id))) toast(t('webhooks.replayed'))
  }

  async function discard(reason: string): Promise<void> {
    const letter = thrown.value
    if (!letter || !(await attempt(letter.id, () => discardPost(letter.id, reason)))) return
    thrown.value = null
    toast(t('webhooks.discarded'))
  }

  const timer = setInterval(() => void load(), AGAIN_MS)
  onMounted(() => void load())
  onScopeDispose(() => { clearInterval(timer) })
  return { page, failure, busy, given, asking, editing, thrown, load, save, confirm, tryOut, replay, discard }
}
