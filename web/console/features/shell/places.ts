/** The pages beside the desk, in the order in which every bar and menu names them, for whoever may open them. */
import { computed } from 'vue'
import type { ComputedRef } from 'vue'
import type { WordKey } from '../../i18n'
import { useSession } from '../../stores/session'

export type Place = 'floor' | 'incidents' | 'calendar' | 'staffing' | 'policy' | 'sandbox' | 'hotline' | 'request-types' | 'guardrails' | 'audit' | 'retention' | 'accounts' | 'webhooks'

type Known = { place: Place; title: WordKey; needs: 'see_floor' | 'edit_request_types' | 'set_up_hotline' | 'read_audit' | 'allow_erasures' | 'see_accounts' | 'connect_systems' }

export const PLACES: readonly Known[] = [
  { place: 'floor', title: 'floor.title', needs: 'see_floor' },
  { place: 'incidents', title: 'incident.title', needs: 'see_floor' },
  { place: 'calendar', title: 'calendar.title', needs: 'see_floor' },
  { place: 'staffing', title: 'staffing.title', needs: 'see_floor' },
  { place: 'policy', title: 'policy.title', needs: 'see_floor' },
  { place: 'sandbox', title: 'sandbox.title', needs: 'see_floor' },
  { place: 'hotline', title: 'hotline.title', needs: 'set_up_hotline' },
  { place: 'request-types', title: 'types.title', needs: 'edit_request_types' },
  { place: 'guardrails', title: 'guard.title', needs: 'see_floor' },
  { place: 'audit', title: 'audit.title', needs: 'read_audit' },
  { place: 'retention', title: 'retention.title', needs: 'allow_erasures' },
  { place: 'accounts', title: 'accounts.title', needs: 'see_accounts' },
  { place: 'webhooks', title: 'webhooks.title', needs: 'connect_systems' },
]

export function usePlaces(): ComputedRef<readonly Known[]> {
  const session = useSession()
  return computed(() => PLACES.filter((one) => session.may(one.needs)))
}
