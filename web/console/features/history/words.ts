/** How a conversation of the past is called on a row: day, category, outcome, whose words came last. */
import type { ConversationSummary } from '../../api/types'
import { language, t, tCode } from '../../i18n'
import { useDesk } from '../../stores/desk'

export const STATUS_TONES = { bot: 'quiet', waiting: 'wait', message: 'clinic', active: 'action', closed: 'quiet' } as const

/** Category and outcome in the hospital's words; empty while it is not closed. */
export function closingWords(conversation: ConversationSummary): string {
  const { close_category: category, close_outcome: outcome } = conversation
  return [option('close_categories', category), outcomeOf(category, outcome)].filter(Boolean).join(' · ')
}

/** The same outcome stands under several categories with the same or with other words. */
function outcomeOf(category: string, outcome: string): string {
  if (outcome === '') return ''
  const known = useDesk().options.close_outcomes.filter((one) => one.key === outcome)
  const found = known.find((one) => one.parent === category) ?? known[0]
  return found ? found[language.value] : tCode('close_code', outcome)
}

/** A reason that somebody gave with a rating, in the hospital's words. */
export function ratingReasonWords(key: string): string {
  return option('rating_reasons', key)
}

function option(kind: 'close_categories' | 'rating_reasons', key: string): string {
  if (key === '') return ''
  const found = useDesk().words(kind, key)
  return found ? found[language.value] : tCode('close_code', key)
}

export function lastWords(conversation: ConversationSummary): string {
  if (conversation.last_message === '') return t('history.no_words')
  return tCode('last_by', conversation.last_message_by, { words: conversation.last_message }, 'last_by.desk')
}
