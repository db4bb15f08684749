/** Opens and closes the desk with the session: line, stores, unsent words, alerts. */
import { onBeforeUnmount, onMounted, watch } from 'vue'
import { useRouter } from 'vue-router'
import * as api from '../../api'
import { closeDesk, openDesk, reconnectNow } from '../../live/desk'
import { sendPending } from '../../live/sending'
import { resetStores, useOwn } from '../../stores'
import { useDesk as useDeskSettings } from '../../stores/desk'
import { usePending } from '../../stores/pending'
import { useSession } from '../../stores/session'
import { forgetNotes } from '../closing/keptNote'
import { clearDrafts } from '../composer/drafts'
import { lock } from '../lock/lock'
import { forgetCallers } from '../phone/useCaller'
import { forgetSecret } from '../phone/usePhone'

export function useDesk(): void {
  onMounted(() => {
    const { me } = useSession()
    if (!me) return
    useOwn().staffId = me.staff_id
    usePending().restore()
    openDesk(me.staff_id, me.csrf_token, hooks)
  })
  // Signed in again, here or in another tab: the same desk with another token, and what waited goes out.
  watch(() => useSession().me?.csrf_token, reopenDesk)
  // The desk closes the line of a locked screen, and lets it in again when it is open.
  watch(lock.locked, (isLocked) => { if (!isLocked) reconnectNow() })
  onBeforeUnmount(closeDesk)
}

function reopenDesk(): void {
  const { me } = useSession()
  if (me) openDesk(me.staff_id, me.csrf_token, hooks)
}

/** The live line was refused: either the session has ended, which shows the door, or it has another token now. */
async function seeWhoIsHere(): Promise<void> {
  await useSession().renew().catch(() => undefined)
}

const hooks = { caughtUp: sendPending, refused: seeWhoIsHere }

/** Signs out and leaves nothing of the desk on this computer. */
export function useSignOut(): () => Promise<void> {
  const router = useRouter()
  return async () => {
    const session = useSession()
    const staffId = session.me?.staff_id ?? ''
    await api.signOut()
    closeDesk()
    usePending().clear()
    clearDrafts(staffId)
    forgetCallers()
    forgetSecret()
    forgetNotes()
    session.forget()
    resetStores()
    useDeskSettings().$reset()
    // Whoever came by the hospital's provider of identities is signed out there, too.
    if (document.cookie.includes('caredesk_came_by=oidc')) return location.assign('/api/auth/oidc/sign-out')
    await router.replace({ name: 'sign_in' })
  }
}
