/** One opened conversation as the views read it: watched while it is shown, put together from the stores. */
import { computed, onBeforeUnmount, onMounted } from 'vue'
import type { ComputedRef } from 'vue'
import type { ConversationSummary, ConversationView, Viewer } from '../../api/types'
import { leaveConversation, openConversation } from '../../live/desk'
import { withoutShown } from '../../live/pending'
import type { Pending } from '../../live/pending'
import { useOwn, useSummaries, useTimelines } from '../../stores'
import { usePending } from '../../stores/pending'
import type { Timeline } from '../../stores/state'

export type OpenConversation = {
  timeline: ComputedRef<Timeline | undefined>
  summary: ComputedRef<ConversationSummary | undefined>
  /** The whole view for panels and dialogs; undefined until it has been fetched. */
  view: ComputedRef<ConversationView | undefined>
  /** Replies and notes that are not on the timeline yet. */
  unsent: ComputedRef<Pending[]>
  held: ComputedRef<Pending | undefined>
  others: ComputedRef<Viewer[]>
  retry: () => void
}

export function useConversation(conversationId: string): OpenConversation {
  const own = useOwn()
  const timelines = useTimelines()
  const summaries = useSummaries()
  const pending = usePending()

  const timeline = computed(() => timelines.of(conversationId))
  const summary = computed(() => summaries.byId[conversationId])
  const unsent = computed(() => withoutShown(pending.of(conversationId), timeline.value?.entries ?? []))

  onMounted(() => void openConversation(conversationId))
  onBeforeUnmount(() => { leaveConversation(conversationId) })

  return {
    timeline,
    summary,
    view: computed(() => timeline.value && summary.value && viewOf(timeline.value, summary.value)),
    unsent,
    held: computed(() => unsent.value.find((item) => item.state === 'held')),
    others: computed(() => (timeline.value?.viewers ?? []).filter((one) => one.staff_id !== own.staffId)),
    retry: () => void openConversation(conversationId),
  }
}

function viewOf(timeline: Timeline, conversation: ConversationSummary): ConversationView | undefined {
  if (timeline.phase !== 'ready') return undefined
  return {
    conversation,
    entries: timeline.entries,
    has_earlier: timeline.hasEarlier,
    head: timeline.head,
    family: timeline.family,
    rating: timeline.rating,
    bot_turns: timeline.botTurns,
    viewers: timeline.viewers,
    draft: timeline.draft,
    earlier: timeline.earlier,
    can_reply: timeline.canReply,
    holds: timeline.holds,
  }
}
