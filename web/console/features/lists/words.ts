/** How a conversation is called and what its row says. */
import { t } from '../../i18n'

/** The masked name, or the visitor by the end of the number: 访客 0042. */
export function titleOf(one: { title: string; number?: string; conversation_number?: string }): string {
  return one.title || t('list.visitor', { number: (one.number ?? one.conversation_number ?? '').slice(-4) })
}
