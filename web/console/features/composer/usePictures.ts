/** Pictures on their way into a message: shrunk here, uploaded at once, sent with the next Enter. */
import { computed, ref } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { toast } from '@shared/ui'
import * as api from '../../api'
import { t, tError } from '../../i18n'
import { isPicture, prepare } from './pictures'

export type Attachment = {
  id: number
  bitmap: ImageBitmap | null
  state: 'preparing' | 'ready' | 'failed'
  trouble: string
  pictureId: string
}

export type Pictures = {
  list: Readonly<Ref<Attachment[]>>
  busy: ComputedRef<boolean>
  add: (files: Iterable<File>) => void
  remove: (id: number) => void
  retry: (id: number) => void
  /** Takes the uploaded ones out, in their order. */
  takeReady: () => string[]
}

export function usePictures(): Pictures {
  const list = ref<Attachment[]>([])
  const files = new Map<number, File>()
  let last = 0

  function change(id: number, part: Partial<Attachment>): void {
    list.value = list.value.map((one) => (one.id === id ? { ...one, ...part } : one))
  }

  function remove(id: number): void {
    files.delete(id)
    list.value = list.value.filter((one) => one.id !== id)
  }

  function bring(id: number): void {
    const file = files.get(id)
    if (file) void upload(file, (part) => { change(id, part) })
  }

  function add(given: Iterable<File>): void {
    for (const file of onlyPictures(given)) {
      const id = ++last
      files.set(id, file)
      list.value = [...list.value, { id, bitmap: null, state: 'preparing', trouble: '', pictureId: '' }]
      bring(id)
    }
  }

  function takeReady(): string[] {
    const ready = list.value.filter((one) => one.state === 'ready')
    for (const one of ready) remove(one.id)
    return ready.map((one) => one.pictureId)
  }

  return { list, busy: computed(() => list.value.some((one) => one.state !== 'ready')), add, remove, retry: bring, takeReady }
}

function onlyPictures(given: Iterable<File>): File[] {
  const all = Array.from(given)
  if (!all.every(isPicture)) toast(t('composer.only_pictures'), 'alarm')
  return all.filter(isPicture)
}

async function upload(file: File, tell: (part: Partial<Attachment>) => void): Promise<void> {
  tell({ state: 'preparing', trouble: '' })
  try {
    const prepared = await prepare(file).catch(() => { throw new api.ApiError('picture.refused') })
    tell({ bitmap: prepared.bitmap })
    const { picture_id } = await api.uploadPicture(prepared.file)
    tell({ state: 'ready', pictureId: picture_id })
  } catch (error) {
    tell({ state: 'failed', trouble: tError(error) })
  }
}
