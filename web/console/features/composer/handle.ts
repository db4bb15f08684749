/** What others may ask of the composer. */
import type { Pending } from '../../live/pending'

export type ComposerHandle = {
  /** False when nothing can be written in this way now. */
  focus: (mode: 'reply' | 'note') => boolean
  /** Puts text where the caret is. */
  insert: (text: string) => void
  /** Puts something unsent back, as what it was: a note never becomes a reply. */
  restore: (item: Pending) => void
  openCanned: () => void
}
