/** Short words at the bottom of the screen about what has just happened. Alarms stay until they are read. */
import { reactive, readonly } from 'vue'

export type Toast = { id: number; words: string; tone: 'plain' | 'alarm' }

const SHOWN_MS = 4000

const toasts = reactive<Toast[]>([])
let last = 0

export function toast(words: string, tone: Toast['tone'] = 'plain'): void {
  const id = ++last
  // The same trouble twice is one trouble.
  const same = toasts.find((one) => one.words === words)
  if (same) dismissToast(same.id)
  toasts.push({ id, words, tone })
  if (tone === 'plain') setTimeout(() => { dismissToast(id) }, SHOWN_MS)
}

export function dismissToast(id: number): void {
  const at = toasts.findIndex((one) => one.id === id)
  if (at >= 0) toasts.splice(at, 1)
}

export function useToasts(): readonly Toast[] {
  return readonly(toasts)
}
