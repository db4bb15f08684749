/** Turns what the desk announces into sound, desktop notification and title, and keeps alerts until they are read. */
import { computed, onBeforeUnmount, onMounted, watch } from 'vue'
import { toast } from '@shared/ui'
import { t, tCode } from '../../i18n'
import { onSignal } from '../../live/signals'
import type { Signal } from '../../live/signals'
import { useAlerts, useOffers, useOwn, useSummaries } from '../../stores'
import { titleOf } from '../lists/words'
import { useDeskRoute } from '../shell/useDeskRoute'
import { restoreAlerts, storeAlerts } from './alertStore'
import { notify, onceAcrossTabs, takeBackNotification } from './notify'
import { play } from './sound'
import { callByTitle, setTitle } from './titleSignal'

export function useSignals(): void {
  const { conversationId, show } = useDeskRoute()
  const alerts = useAlerts()
  const offers = useOffers()
  const summaries = useSummaries()
  const own = useOwn()

  function onAnnouncement(signal: Signal): void {
    switch (signal.do) {
      case 'announce_offer':
        return call('offer', signal.offer.id, t('signal.offer', { queue: signal.offer.queue_name }), '', () => undefined)
      case 'end_offer':
        takeBackNotification(signal.offerId)
        if (signal.outcome === 'timed_out') toast(t('offer.timed_out'))
        return
      case 'announce_message':
        if (isBeforeTheEyes(signal.conversationId)) return
        return call('message', signal.conversationId, t('signal.message', { name: signal.title }), '', () => void show('mine', signal.conversationId))
      case 'announce_alert':
        return call('alert', signal.alert.id, tCode('alert', signal.alert.code), '', () => {
          if (signal.alert.conversationId) void show('mine', signal.alert.conversationId)
        })
      case 'lost_conversation':
        return toast(signal.to ? t('signal.lost_to', { name: signal.to }) : t('signal.lost'), 'alarm')
    }
  }

  function isBeforeTheEyes(id: string): boolean {
    return conversationId.value === id && document.visibilityState === 'visible' && document.hasFocus()
  }

  function call(kind: 'offer' | 'message' | 'alert', tag: string, title: string, body: string, onClick: () => void): void {
    void onceAcrossTabs(tag, () => {
      void play(kind)
      notify({ tag, title, body, onClick })
    })
  }

  const unread = computed(() => summaries.mine.reduce((sum, one) => sum + one.unread, 0))
  const calling = computed(() => {
    const [offer] = offers.open
    if (offer) return t('signal.title_offer', { name: titleOf(offer) })
    const [alert] = alerts.open
    return alert ? t('signal.title_alert', { words: tCode('alert', alert.code) }) : ''
  })

  watch(unread, (n) => { setTitle(n > 0 ? `(${n}) ${t('top.console')}` : t('top.console')) }, { immediate: true })
  watch(calling, callByTitle, { immediate: true })
  watch(() => alerts.list, () => { if (own.staffId) storeAlerts(own.staffId, alerts.list) }, { deep: true })

  onMounted(() => {
    alerts.list = restoreAlerts(own.staffId)
    const stop = onSignal(onAnnouncement)
    onBeforeUnmount(() => { stop(); callByTitle('') })
  })
}
