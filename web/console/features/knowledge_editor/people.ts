/** Who did something, in words: people by their name, the desk itself and its command line by what they are. */
import { t } from '../../i18n'

export function who(name: string): string {
  if (name === 'cli') return t('kb.by_command')
  if (name === 'system') return t('kb.by_desk')
  return name
}
