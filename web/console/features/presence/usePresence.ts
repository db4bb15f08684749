/** Choosing one's own state. The screen changes when the server has agreed, not before. */
import { ref } from 'vue'
import type { Ref } from 'vue'
import { toast } from '@shared/ui'
import * as api from '../../api'
import type { PresenceState } from '../../api/types'
import { tError } from '../../i18n'
import { deliver } from '../../live/desk'

export type PresenceChoice = { busy: Ref<boolean>; choose: (state: PresenceState, reason?: string) => Promise<void> }

export function usePresence(): PresenceChoice {
  const busy = ref(false)

  async function choose(state: PresenceState, reason = ''): Promise<void> {
    busy.value = true
    try {
      deliver({ type: 'presence.changed', agent: await api.setPresence({ state, reason }), why: '' })
    } catch (error) {
      toast(tError(error), 'alarm')
    } finally {
      busy.value = false
    }
  }

  return { busy, choose }
}
