/** The order in which a supervisor reads the calls that go on. Pure. */
import type { CallLine } from '../phone/book'

const RANKS: readonly CallLine['state'][] = ['waiting', 'ringing', 'held', 'consulting', 'talking', 'menu', 'ringing_in', 'wrap_up', 'ended']

/** Who waits stands first, by their place and then by the time of their wish; who is served or busy with the machine follows. */
export function byUrgency(lines: readonly CallLine[]): CallLine[] {
  const when = (line: CallLine): number => Date.parse(line.queued_at ?? line.started_at)
  return [...lines].sort((a, b) => RANKS.indexOf(a.state) - RANKS.indexOf(b.state) || when(a) - when(b))
}
