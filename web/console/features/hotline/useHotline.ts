/** The hotline page's state: the set-up that holds, the draft beside it, and the prompts. */
import { computed, ref, shallowRef } from 'vue'
import { toast } from '@shared/ui'
import { ApiError } from '../../api'
import { t, tError } from '../../i18n'
import { fetchPrompts, fetchSetup, putSetup, resetPrompt, uploadPrompt } from './api'
import type { Prompt, PromptList, Setup, SetupView } from './api'
import { isSound } from './menu'

export function useHotline() {
  const view = shallowRef<SetupView | null>(null)
  const prompts = shallowRef<PromptList | null>(null)
  const draft = ref<Setup | null>(null)
  const failure = ref('')
  const refusal = ref('')
  const saving = ref(false)
  /** The prompt whose sound is on its way. */
  const moving = ref('')

  const dirty = computed(() => JSON.stringify(draft.value) !== JSON.stringify(view.value?.setup ?? null))
  const sound = computed(() => draft.value !== null && isSound(draft.value, view.value?.queues ?? []))

  async function load(): Promise<void> {
    failure.value = ''
    try {
      const [found, list] = await Promise.all([fetchSetup(), fetchPrompts()])
      prompts.value = list
      take(found)
    } catch (error) {
      failure.value = tError(error)
    }
  }

  function take(found: SetupView): void {
    view.value = found
    draft.value = structuredClone(found.setup)
    refusal.value = ''
  }

  async function save(note: string): Promise<boolean> {
    if (!draft.value || !view.value || saving.value) return false
    saving.value = true
    refusal.value = ''
    try {
      take(await putSetup(JSON.parse(JSON.stringify(draft.value)) as Setup, view.value.version, note))
      toast(t('hotline.saved'))
      return true
    } catch (error) {
      refusal.value = tError(error)
      // The draft stays; whoever was faster is seen by loading anew.
      if (error instanceof ApiError && error.status === 409) refusal.value = t('hotline.somebody_faster')
      return false
    } finally {
      saving.value = false
    }
  }

  function discard(): void {
    if (view.value) take(view.value)
  }

  async function change(prompt: Prompt, how: () => Promise<unknown>): Promise<void> {
    if (moving.value) return
    moving.value = prompt.name
    try {
      await how()
      prompts.value = await fetchPrompts()
    } catch (error) {
      toast(tError(error), 'alarm')
    } finally {
      moving.value = ''
    }
  }

  const upload = (prompt: Prompt, file: File): Promise<void> => change(prompt, () => uploadPrompt(prompt.name, file))
  const reset = (prompt: Prompt): Promise<void> => change(prompt, () => resetPrompt(prompt.name))

  return { view, prompts, draft, failure, refusal, saving, moving, dirty, sound, load, save, discard, upload, reset }
}
