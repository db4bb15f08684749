/** A picture that cannot be shown: why, and another look while it only waits for its security check. */
import { onBeforeUnmount, ref } from 'vue'
import type { Ref } from 'vue'

export const LOOK_AGAIN_MS = 15_000
const TOLD = ['picture.waiting', 'picture.unsafe', 'files.unreadable']

export type HeldPicture = {
  /** Nothing while the picture is shown or on its way; else the code of what keeps it back, `gone` when nobody says. */
  held: Ref<string>
  /** What the browser calls when it got no picture. */
  learn: () => Promise<void>
}

/** `askWhy` gives the code with which the desk refuses the picture, or anything else when it does not say. */
export function useHeldPicture(askWhy: () => Promise<string>): HeldPicture {
  const held = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined

  async function learn(): Promise<void> {
    held.value = 'gone'
    const code = await askWhy()
    if (TOLD.includes(code)) held.value = code
    if (code === 'picture.waiting') timer = setTimeout(() => { held.value = '' }, LOOK_AGAIN_MS)
  }

  onBeforeUnmount(() => { clearTimeout(timer) })
  return { held, learn }
}
