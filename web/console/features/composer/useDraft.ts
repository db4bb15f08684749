/** Keeps what is typed: at once in this browser, a moment later on the server, again when the line comes back. */
import { onBeforeUnmount, reactive, ref, watch } from 'vue'
import type { Ref } from 'vue'
import * as api from '../../api'
import type { DraftKind } from '../../api/types'
import { noteDraft } from '../../live/desk'
import { useOwn } from '../../stores'
import { useSync } from '../../stores/sync'
import { readDraft, restoredReply, writeDraft } from './drafts'

const SAVE_MS = 700

export type Texts = { reply: string; note: string }
export type Mode = keyof Texts
/** `findings`: what the desk would ask about if the reply were sent as it was last saved. */
export type DraftState = { texts: Texts; mode: Ref<Mode>; saved: Readonly<Ref<boolean>>; findings: Readonly<Ref<readonly DraftKind[]>> }

export function useDraft(conversationId: string, serverDraft: () => string): DraftState {
  const own = useOwn()
  const sync = useSync()
  const local = readDraft(own.staffId, conversationId)
  const texts = reactive<Texts>({ reply: restoredReply(local, serverDraft()), note: local.note })
  const mode = ref<Mode>(local.mode)
  const saved = ref(local.saved)
  const findings = ref<readonly DraftKind[]>([])
  let timer: ReturnType<typeof setTimeout> | undefined

  function keepHere(): void {
    writeDraft(own.staffId, conversationId, { ...texts, mode: mode.value, saved: saved.value })
  }

  async function save(): Promise<void> {
    clearTimeout(timer)
    if (saved.value) return
    const text = texts.reply
    try {
      const kept = await api.putDraft(conversationId, text)
      findings.value = kept.findings.map((finding) => finding.kind)
      noteDraft(conversationId, text)
      saved.value = texts.reply === text
    } catch {
      // It stays here and goes up when the line is back.
    }
    keepHere()
  }

  watch(() => texts.reply, () => {
    saved.value = texts.reply === serverDraft()
    if (texts.reply === '') findings.value = []
    keepHere()
    clearTimeout(timer)
    timer = setTimeout(() => void save(), SAVE_MS)
  })
  watch([() => texts.note, mode], keepHere)
  watch(() => sync.isLive, (live) => { if (live) void save() }, { immediate: true })
  // A draft that came with a hand-over enters an empty field only.
  watch(serverDraft, (draft) => { if (texts.reply === '' && saved.value) texts.reply = draft })
  onBeforeUnmount(() => void save())

  return { texts, mode, saved, findings }
}
