/** Turns what the desk announces into sound, desktop notification and title. */
import { computed, onBeforeUnmount, onMounted, watch } from 'vue'
import { toast } from '@shared/ui'
import { t, tCode } from '../../i18n'
import { onSignal } from '../../live/signals'
import type { Signal } from '../../live/signals'
import type { SupervisorActed } from '../../api/types'
import { useAlerts, useOffers, useSummaries } from '../../stores'
import { titleOf } from '../lists/words'
import { useDeskRoute } from '../shell/useDeskRoute'
import { notify, onceAcrossTabs, takeBackNotification } from './notify'
import { play } from './sound'
import type { Tune } from './sound'
import { callByTitle, setTitle } from './titleSignal'

export function useSignals(): void {
  useCalls()
  useTitle()
}

/** Sound and notification. */
function useCalls(): void {
  const { conversationId, show } = useDeskRoute()

  function hear(signal: Signal): void {
    switch (signal.do) {
      case 'announce_offer':
        return call('offer', { tag: signal.offer.id, title: t('signal.offer', { queue: signal.offer.queue_name }) })
      case 'end_offer':
        takeBackNotification(signal.offerId)
        if (signal.outcome === 'timed_out') toast(t('offer.timed_out'))
        return
      case 'announce_message':
        if (isBeforeTheEyes(signal.conversationId)) return
        return call('message', { tag: signal.conversationId, title: t('signal.message', { name: signal.title }), opens: signal.conversationId })
      case 'announce_alert':
        return call('alert', { tag: signal.alert.id, title: tCode('alert', signal.alert.code), opens: signal.alert.conversationId })
      case 'announce_notice':
        return call('message', { tag: signal.notice.id, title: t('board.title') })
      case 'tell_act':
        toast(actWords(signal.act))
        return call('message', { tag: `act:${signal.act.what}:${signal.act.conversation_id ?? ''}`, title: actWords(signal.act), opens: signal.act.conversation_id })
      case 'lost_conversation':
        return toast(signal.to ? t('signal.lost_to', { name: signal.to }) : t('signal.lost'))
    }
  }

  function isBeforeTheEyes(id: string): boolean {
    return conversationId.value === id && document.visibilityState === 'visible' && document.hasFocus()
  }

  function call(tune: Tune, about: { tag: string; title: string; opens?: string | null }): void {
    const { tag, title, opens } = about
    void onceAcrossTabs(tag, () => {
      void play(tune)
      notify({ tag, title, onClick: () => { if (opens) void show('mine', opens) } })
    })
  }

  let stop = (): void => undefined
  onMounted(() => { stop = onSignal(hear) })
  onBeforeUnmount(() => { stop() })
}

/** What waits in the window's title. */
function useTitle(): void {
  const alerts = useAlerts()
  const offers = useOffers()
  const summaries = useSummaries()

  const unread = computed(() => summaries.mine.reduce((sum, one) => sum + one.unread, 0))
  const calling = computed(() => {
    const [offer] = offers.open
    if (offer) return t('signal.title_offer', { name: titleOf(offer) })
    const [alert] = alerts.open
    return alert ? t('signal.title_alert', { words: tCode('alert', alert.code) }) : ''
  })

  watch(() => (unread.value > 0 ? `(${unread.value}) ${t('top.console')}` : t('top.console')), setTitle, { immediate: true })
  watch(calling, callByTitle, { immediate: true })
  onBeforeUnmount(() => { callByTitle('') })
}

function actWords(act: SupervisorActed): string {
  return tCode('acted', act.what, { name: act.by_name, reason: act.reason }, 'acted.state_set')
}
