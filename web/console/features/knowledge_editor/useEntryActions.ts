/** What an editor does with entries, with the words that follow: saved, asked for review, published, taken back. */
import { ref } from 'vue'
import type { Ref } from 'vue'
import { toast } from '@shared/ui'
import { t, tError } from '../../i18n'
import { approve, askForReview, retireEntry, rollBack, sendBack } from './api'
import type { Chosen, EntryView } from './api'
import type { EditedEntry } from './useEntry'
import type { KnowledgeList } from './useEntryList'
import type { Publication } from './usePublication'

export type EntryActions = {
  busy: Ref<boolean>
  save: () => Promise<boolean>
  review: () => Promise<void>
  approve: () => Promise<void>
  publish: () => Promise<void>
  publishAlone: (reason: string) => Promise<void>
  reviewTicked: () => Promise<void>
  approveTicked: () => Promise<void>
  publishTicked: () => Promise<void>
  sendBack: (note: string) => Promise<void>
  retire: () => Promise<void>
  rollBack: (to: number) => Promise<void>
}

type Around = { entry: EditedEntry; list: KnowledgeList; publication: Publication; open: (id: string) => Promise<void> }

export function useEntryActions({ entry, list, publication, open }: Around): EntryActions {
  const busy = ref(false)

  /** Runs one thing at a time; a failure is told and changes nothing. */
  async function once(work: () => Promise<void>): Promise<void> {
    if (busy.value) return
    busy.value = true
    try {
      await work()
      // Nobody waits for the list: the next key must not fall into its loading.
      void list.reload()
    } catch (error) {
      toast(tError(error), 'alarm')
    } finally {
      busy.value = false
    }
  }

  function seen(): Chosen {
    const view = entry.view.value
    return { id: view?.content.id ?? '', version: view?.version ?? 0 }
  }

  /** What is done with an entry is done with what stands in the form. */
  async function saved(): Promise<boolean> {
    if (!entry.dirty.value && entry.view.value) return true
    const done = await entry.save()
    if (done && entry.view.value) await open(entry.view.value.content.id)
    return done
  }

  async function refreshed(change: () => Promise<EntryView>, words: string): Promise<void> {
    entry.take(await change())
    toast(words)
  }

  async function reviewAll(chosen: Chosen[]): Promise<void> {
    const { entries } = await askForReview(chosen)
    toast(t('kb.review_asked', { n: entries }))
  }

  async function approveAll(chosen: Chosen[]): Promise<void> {
    const { entries } = await approve(chosen)
    toast(t('kb.approved', { n: entries }))
  }

  return {
    busy,
    save: async () => {
      let done = false
      await once(async () => {
        done = await saved()
        if (done) toast(t('kb.saved'))
      })
      return done
    },
    review: () => once(async () => {
      if (!(await saved())) return
      await reviewAll([seen()])
      await entry.refresh()
    }),
    approve: () => once(async () => {
      await approveAll([seen()])
      await entry.refresh()
    }),
    publish: () => once(async () => { if (await saved()) await publication.begin([seen()]) }),
    publishAlone: (reason) => once(async () => { if (await saved()) await publication.beginAlone([seen()], reason) }),
    approveTicked: () => once(async () => {
      await approveAll(list.chosen.value)
      await entry.refresh()
    }),
    reviewTicked: () => once(async () => {
      await reviewAll(list.chosen.value)
      await entry.refresh()
    }),
    publishTicked: () => once(() => publication.begin(list.chosen.value)),
    sendBack: (note) => once(() => refreshed(() => sendBack(seen(), note), t('kb.sent_back'))),
    retire: () => once(() => refreshed(() => retireEntry(seen()), t('kb.retired_done'))),
    rollBack: (to) => once(() => refreshed(() => rollBack(seen(), to), t('kb.rolled_back', { n: to }))),
  }
}
