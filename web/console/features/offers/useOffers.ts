/** Answering offers. The card goes when the server says so; a click too late is told, not hidden. */
import { ref } from 'vue'
import type { Ref } from 'vue'
import { toast } from '@shared/ui'
import * as api from '../../api'
import type { OfferView } from '../../api/types'
import { tError } from '../../i18n'
import { deliver, deliverSummary } from '../../live/desk'
import { useOwn } from '../../stores'
import { useDeskRoute } from '../shell/useDeskRoute'

export type OfferAnswers = {
  /** The offer whose answer is on its way. */
  answering: Readonly<Ref<string | null>>
  accept: (offer: OfferView) => Promise<void>
  decline: (offer: OfferView) => Promise<void>
}

export function useOfferAnswers(): OfferAnswers {
  const answering = ref<string | null>(null)
  const { show } = useDeskRoute()

  async function answer(offer: OfferView, outcome: 'accepted' | 'declined', ask: () => Promise<void>): Promise<void> {
    if (answering.value) return
    answering.value = offer.id
    try {
      await ask()
      end(offer, outcome)
    } catch (error) {
      toast(tError(error), 'alarm')
      if (error instanceof api.ApiError && error.code === 'offer.gone') end(offer, 'withdrawn')
    } finally {
      answering.value = null
    }
  }

  return {
    answering,
    accept: (offer) =>
      answer(offer, 'accepted', async () => {
        const { conversation } = await api.acceptOffer(offer.id)
        deliverSummary(conversation)
        await show('mine', conversation.id)
      }),
    decline: (offer) => answer(offer, 'declined', () => api.declineOffer(offer.id)),
  }
}

function end(offer: OfferView, outcome: 'accepted' | 'declined' | 'withdrawn'): void {
  deliver({
    type: 'offer.ended',
    staff_id: useOwn().staffId,
    offer_id: offer.id,
    conversation_id: offer.conversation_id,
    outcome,
  })
}
