/** A file that is read first and brought in only afterwards: what every import dialog holds, whatever it shows. */
import { ref, shallowRef } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import { tError } from '../../i18n'

export type FileImport<Shown> = {
  file: ShallowRef<File | null>
  /** What bringing the file in would change; none while nothing was read, and after a failure. */
  shown: ShallowRef<Shown | null>
  busy: Ref<boolean>
  failure: Ref<string>
  choose: (event: Event) => void
  look: () => Promise<void>
  /** Runs the import itself on the chosen file. */
  run: (work: (chosen: File) => Promise<void>) => Promise<void>
  forget: () => void
}

export function useFileImport<Shown>(read: (chosen: File) => Promise<Shown>): FileImport<Shown> {
  const file = shallowRef<File | null>(null)
  const shown = shallowRef<Shown | null>(null)
  const busy = ref(false)
  const failure = ref('')

  async function run(work: (chosen: File) => Promise<void>): Promise<void> {
    if (!file.value || busy.value) return
    busy.value = true
    failure.value = ''
    try {
      await work(file.value)
    } catch (error) {
      failure.value = tError(error)
      shown.value = null
    } finally {
      busy.value = false
    }
  }

  const look = (): Promise<void> => run(async (chosen) => { shown.value = await read(chosen) })

  function choose(event: Event): void {
    const box = event.target as HTMLInputElement
    file.value = box.files?.[0] ?? null
    // The same file, corrected, can be chosen again.
    box.value = ''
    if (file.value) void look()
  }

  function forget(): void {
    file.value = null
    shown.value = null
    failure.value = ''
  }

  return { file, shown, busy, failure, choose, look, run, forget }
}
