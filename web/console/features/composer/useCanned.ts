/** The list of canned replies above the composer: fetched when first asked for, filtered as one types. */
import { computed, ref, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { toast } from '@shared/ui'
import * as api from '../../api'
import type { CannedReplyView } from '../../api/types'
import { tError } from '../../i18n'
import { findTrigger, matching } from './canned'
import type { Trigger } from './canned'

export type Canned = {
  open: ComputedRef<boolean>
  loading: Readonly<Ref<boolean>>
  choices: ComputedRef<CannedReplyView[]>
  at: Ref<number>
  trigger: Readonly<Ref<Trigger | null>>
  /** Fetches the replies, so that they are there when the `/` comes. */
  load: () => Promise<void>
  /** The chosen reply; whoever types faster than the list arrives gets it all the same. */
  choice: () => Promise<CannedReplyView | undefined>
  /** Looks whether a `/` stands before the caret. */
  look: (text: string, caret: number) => void
  close: () => void
  move: (step: number) => void
}

export function useCanned(conversationId: string): Canned {
  const trigger = ref<Trigger | null>(null)
  /** The place of a trigger that was closed by Esc: it stays closed until it is left. */
  const dismissed = ref<number | null>(null)
  const at = ref(0)
  const { replies, loading, load } = useReplyList(conversationId, () => trigger.value !== null)

  const choices = computed(() => (trigger.value ? matching(replies.value, trigger.value.wanted) : []))
  const open = computed(() => trigger.value !== null && trigger.value.from !== dismissed.value && (loading.value || choices.value.length > 0))
  watch(() => trigger.value?.wanted, () => { at.value = 0 })

  return {
    open,
    loading,
    choices,
    at,
    trigger,
    load,
    choice: async () => {
      await load()
      return choices.value[at.value]
    },
    look: (text, caret) => {
      trigger.value = findTrigger(text, caret)
      if (trigger.value) void load()
      else dismissed.value = null
    },
    close: () => { dismissed.value = trigger.value?.from ?? null },
    move: (step) => {
      const count = choices.value.length
      if (count > 0) at.value = (at.value + step + count) % count
    },
  }
}

type ReplyList = { replies: Ref<CannedReplyView[]>; loading: Ref<boolean>; load: () => Promise<void> }

/** Fetched once; whoever asks meanwhile waits for the same answer. Fails aloud only when somebody looks at it. */
function useReplyList(conversationId: string, isWanted: () => boolean): ReplyList {
  const replies = ref<CannedReplyView[]>([])
  const loading = ref(false)
  let arriving: Promise<void> | null = null

  async function fetchOnce(): Promise<void> {
    loading.value = true
    try {
      replies.value = (await api.fetchCanned(conversationId)).replies
    } catch (error) {
      arriving = null
      if (isWanted()) toast(tError(error), 'alarm')
    } finally {
      loading.value = false
    }
  }

  return { replies, loading, load: () => (arriving ??= fetchOnce()) }
}
