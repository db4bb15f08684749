/** Listens to the keyboard once for the whole page and calls whoever has taken a command. The last taker comes first. */
import { onBeforeUnmount, onMounted, ref, watch } from 'vue'
import { readKey } from './keymap'
import type { Command, Where } from './keymap'

/** How long the second key of a sequence may take. */
const SEQUENCE_MS = 1200
const STORE = 'caredesk.letters_off'

/** A taker returns false when the command means nothing to it now; the next one is asked. */
type Taker = () => boolean | void

const takers = new Map<Command, Taker[]>()

export const lettersOff = ref(localStorage.getItem(STORE) === 'yes')
watch(lettersOff, (off) => { localStorage.setItem(STORE, off ? 'yes' : 'no') })

/** Takes commands for as long as the component lives. */
export function useCommands(commands: Partial<Record<Command, Taker>>): void {
  const given = Object.entries(commands) as [Command, Taker][]
  onMounted(() => {
    for (const [command, taker] of given) takers.set(command, [taker, ...(takers.get(command) ?? [])])
  })
  onBeforeUnmount(() => {
    for (const [command, taker] of given) takers.set(command, (takers.get(command) ?? []).filter((one) => one !== taker))
  })
}

/** Runs a command as if its key had been pressed. */
export function run(command: Command): boolean {
  return (takers.get(command) ?? []).some((taker) => taker() !== false)
}

/** The one listener of the page. */
export function useKeyboard(): void {
  let pending: readonly string[] = []
  let lastPress = 0

  function onPress(event: KeyboardEvent): void {
    if (event.defaultPrevented || isOperating(event)) return
    if (event.timeStamp - lastPress > SEQUENCE_MS) pending = []
    lastPress = event.timeStamp
    const read = readKey(event, pending, whereIs(event.target))
    pending = read.pending
    if (read.command && run(read.command)) event.preventDefault()
  }

  onMounted(() => { document.addEventListener('keydown', onPress) })
  onBeforeUnmount(() => { document.removeEventListener('keydown', onPress) })
}

/** Enter and Space on a button are the button's own, and arrows scroll what is being read. */
function isOperating(event: KeyboardEvent): boolean {
  if (event.key.startsWith('Arrow')) return event.target instanceof HTMLElement && event.target.closest('.timeline, [role="tabpanel"]') !== null
  if (event.key !== 'Enter' && event.key !== ' ') return false
  return event.target instanceof HTMLElement && event.target.closest('button, a, summary, [role="tab"], [role="option"]') !== null
}

function whereIs(target: EventTarget | null): Where {
  const element = target instanceof HTMLElement ? target : null
  const field = element?.closest('input, textarea, select, [contenteditable="true"]')
  const covering = document.querySelector('.el-overlay:not([style*="display: none"]) [role="dialog"], [data-covers-keys]')
  return {
    typing: Boolean(field) && !(field instanceof HTMLInputElement && /checkbox|radio|button/.test(field.type)),
    covered: covering !== null || element?.closest('[role="menu"], [role="dialog"]') != null,
    lettersOff: lettersOff.value,
  }
}
