/** What the desk's keys of earlier calls are called. */
import { language } from '../../i18n'
import { useDesk } from '../../stores/desk'

/** What an earlier call was about, in the hospital's own words. */
export function categoryOf(key: string): string {
  const known = useDesk().words('close_categories', key)
  return known ? known[language.value] : ''
}
