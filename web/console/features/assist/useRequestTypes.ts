/** The administrator's page of request types: the list, the one that is edited, and what stands in the way of saving it. */
import { computed, ref, shallowRef } from 'vue'
import { toast } from '@shared/ui'
import { ApiError } from '../../api'
import { t, tError } from '../../i18n'
import { fetchTypes, putType } from './api'
import type { RequestType, RequestTypeLine } from './api'
import { emptyType, formOf, problemWords, typeOf } from './typeForm'
import type { TypeForm } from './typeForm'

export function useRequestTypes() {
  const lines = shallowRef<RequestTypeLine[] | null>(null)
  const form = ref<TypeForm | null>(null)
  /** The version that is edited, and whether the type is not there yet. */
  const edited = shallowRef<{ key: string; version: number; fresh: boolean; before: string }>({ key: '', version: 0, fresh: false, before: '' })
  const failure = ref('')
  const problems = ref<string[]>([])
  const stale = ref(false)
  const busy = ref(false)
  const changed = computed(() => form.value !== null && JSON.stringify(form.value) !== edited.value.before)

  async function attempt(doing: () => Promise<void>): Promise<void> {
    busy.value = true
    failure.value = ''
    problems.value = []
    stale.value = false
    try {
      await doing()
    } catch (error) {
      failure.value = tError(error)
      if (!(error instanceof ApiError)) return
      problems.value = problemsOf(error).map(problemWords)
      stale.value = error.code === 'assist.type_changed'
    } finally {
      busy.value = false
    }
  }

  function edit(type: RequestType, version: number, fresh = false): void {
    form.value = formOf(type)
    edited.value = { key: type.key, version, fresh, before: JSON.stringify(form.value) }
    failure.value = ''
    problems.value = []
    stale.value = false
  }

  function open(key: string): void {
    const line = lines.value?.find((one) => one.type.key === key)
    if (line) edit(line.type, line.version)
  }

  const load = (): Promise<void> =>
    attempt(async () => {
      lines.value = (await fetchTypes()).types
      const [first] = lines.value
      if (form.value === null && first) edit(first.type, first.version)
    })

  /** Takes what somebody else saved; one's own words are gone, which was asked before. */
  const renew = (): Promise<void> =>
    attempt(async () => {
      lines.value = (await fetchTypes()).types
      open(edited.value.key)
    })

  const save = (): Promise<void> =>
    attempt(async () => {
      if (!form.value) return
      const type = typeOf(form.value)
      if (edited.value.fresh && lines.value?.some((one) => one.type.key === type.key)) {
        failure.value = t('error.assist.type_invalid')
        problems.value = [problemWords('key: taken')]
        return
      }
      lines.value = (await putType(type, edited.value.version)).types
      open(type.key)
      toast(t('types.saved'))
    })

  return {
    lines, form, edited, failure, problems, stale, busy, changed, load, renew, save, open,
    add: () => { edit(emptyType(), 0, true) },
    forget: () => { if (edited.value.fresh) form.value = null; else open(edited.value.key) },
  }
}

/** The list of faults is beyond what error fields usually are. */
function problemsOf(error: ApiError): string[] {
  const given: unknown = error.fields.problems
  return Array.isArray(given) ? given.map(String) : []
}
