import { expect, it } from 'vitest'
import { heldFor, inSpite, newPending, settled } from '../../live/pending'
import { piecesOf, readPlaces } from './pieces'

it('a text is cut where something was found, counted in characters', () => {
  expect(piecesOf('😀吃两片药吧', readPlaces('1-4'))).toEqual([
    { text: '😀', found: false },
    { text: '吃两片', found: true },
    { text: '药吧', found: false },
  ])
})

it('places over each other, beyond the end or unreadable spoil nothing', () => {
  expect(piecesOf('abcd', readPlaces('2-9,1-3,x')).map((piece) => piece.text).join('')).toBe('abcd')
  expect(piecesOf('abcd', [])).toEqual([{ text: 'abcd', found: false }])
})

it('a reply held for its words waits, says for what, and goes out with a reason under its own key', () => {
  const item = newPending({ conversationId: 'c1', kind: 'reply', body: { kind: 'text', text: 'words' }, seenSeq: 3 }, 0)
  const held = settled(item, { as: 'guarded', fields: { kinds: 'promise,phone', places: '0-2,3-5' } })
  expect(held.state).toBe('held')
  expect(heldFor(held)).toEqual(['promise', 'phone'])
  expect(heldFor(item)).toEqual([])
  expect(inSpite(held, 'not_so')).toMatchObject({ state: 'queued', inSpite: 'not_so', clientKey: item.clientKey })
})
