/** The page of accounts: what is shown, and the one thing that is being done to one of them. */
import { computed, onMounted, ref, shallowRef } from 'vue'
import { toast } from '@shared/ui'
import { t, tCode, tError } from '../../i18n'
import { resetFactor } from '../second_factor/api'
import { fetchAccounts, giveRoles, openAccount, resetPassword, setActive, signOutEverywhere } from './api'
import type { Account, AccountsPage, GivenPassword, NewAccount } from './api'

/** What is asked for confirmation before it is done. */
export type Deed = 'sign_out' | 'reset' | 'reset_factor' | 'close'

const DONE = { close: 'accounts.closed_done', sign_out: 'accounts.signed_out', reset_factor: 'accounts.factor_reset' } as const

export function useAccounts() {
  const page = shallowRef<AccountsPage | null>(null)
  const failure = ref('')
  const busy = ref(false)
  const wanted = ref('')
  const given = shallowRef<GivenPassword | null>(null)
  const asking = shallowRef<{ deed: Deed; account: Account } | null>(null)
  const changing = shallowRef<Account | null>(null)
  const opening = ref(false)

  const shown = computed(() => {
    const words = wanted.value.trim().toLowerCase()
    return (page.value?.accounts ?? []).filter((one) => wordsOf(one).includes(words))
  })

  function wordsOf({ login, name, name_en, roles }: Account): string {
    return [login, name, name_en, ...roles.map((role) => tCode('role', role))].join(' ').toLowerCase()
  }

  async function load(): Promise<void> {
    try {
      page.value = await fetchAccounts()
      failure.value = ''
    } catch (error) {
      failure.value = tError(error)
    }
  }

  /** Does one thing and shows what has become of it; whether it worked. */
  async function attempt(doing: () => Promise<void>): Promise<boolean> {
    busy.value = true
    try {
      await doing()
      await load()
      return true
    } catch (error) {
      toast(tError(error), 'alarm')
      return false
    } finally {
      busy.value = false
    }
  }

  async function confirm(): Promise<void> {
    const asked = asking.value
    if (!asked) return
    const done = await attempt(async () => {
      if (asked.deed === 'reset') given.value = await resetPassword(asked.account.id)
      else if (asked.deed === 'reset_factor') await resetFactor(asked.account.id)
      else if (asked.deed === 'close') await setActive(asked.account.id, false)
      else await signOutEverywhere(asked.account.id)
    })
    asking.value = null
    if (done && asked.deed !== 'reset') toast(t(DONE[asked.deed]))
  }

  async function reopen(account: Account): Promise<void> {
    if (await attempt(() => setActive(account.id, true))) toast(t('accounts.reopened'))
  }

  async function saveRoles(roles: readonly string[]): Promise<void> {
    const account = changing.value
    if (!account || !(await attempt(() => giveRoles(account.id, roles)))) return
    changing.value = null
    toast(t('accounts.roles_given'))
  }

  async function open(wish: NewAccount): Promise<void> {
    const done = await attempt(async () => {
      given.value = await openAccount(wish)
    })
    if (done) opening.value = false
  }

  onMounted(() => void load())
  return { page, failure, busy, wanted, shown, given, asking, changing, opening, load, confirm, reopen, saveRoles, open }
}
