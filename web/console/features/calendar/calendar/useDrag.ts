/** Dragging a session with the pointer: along the week moves it, at its edges resizes it. Nothing is sent while dragging. */
import { onBeforeUnmount, shallowRef } from 'vue'
import type { SessionView } from './api'
import { dragged, moved, resized } from './week'
import type { Times } from './week'

export type DragKind = 'move' | 'start' | 'end'
export type Drag = { session: SessionView; kind: DragKind; times: Times }

/** Less is a click. */
const THRESHOLD = 4

export function useDrag(drop: (drag: Drag) => void) {
  const drag = shallowRef<Drag | null>(null)
  let from = 0
  let column = 1
  let held: { session: SessionView; kind: DragKind } | null = null

  function begin(event: PointerEvent, session: SessionView, kind: DragKind, columnWidth: number): void {
    if (event.button !== 0 || event.pointerType === 'touch') return
    event.preventDefault()
    held = { session, kind }
    from = event.clientX
    column = columnWidth
    window.addEventListener('pointermove', follow)
    window.addEventListener('pointerup', end)
    window.addEventListener('pointercancel', giveUp)
    window.addEventListener('keydown', escape)
  }

  function follow(event: PointerEvent): void {
    if (!held) return
    const pixels = event.clientX - from
    if (!drag.value && Math.abs(pixels) < THRESHOLD) return
    drag.value = { ...held, times: timesAt(held, pixels) }
  }

  function timesAt({ session, kind }: { session: SessionView; kind: DragKind }, pixels: number): Times {
    const { days, minutes } = dragged(pixels, column)
    if (kind === 'move') return moved(session, { days, minutes })
    // An edge moves within its day; a whole column is the axis of one day.
    return resized(session, kind, days * 18 * 60 + minutes)
  }

  function end(): void {
    const dropped = drag.value
    giveUp()
    if (dropped && (dropped.times.startsAt !== iso(dropped.session.starts_at) || dropped.times.endsAt !== iso(dropped.session.ends_at))) drop(dropped)
  }

  function escape(event: KeyboardEvent): void {
    if (event.key === 'Escape') giveUp()
  }

  function giveUp(): void {
    held = null
    drag.value = null
    window.removeEventListener('pointermove', follow)
    window.removeEventListener('pointerup', end)
    window.removeEventListener('pointercancel', giveUp)
    window.removeEventListener('keydown', escape)
  }

  onBeforeUnmount(giveUp)
  return { drag, begin }
}

function iso(at: string): string {
  return new Date(at).toISOString()
}
