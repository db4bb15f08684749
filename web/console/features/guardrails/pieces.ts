/** A text cut where something was found in it. Places are counted in characters, as the server counts them. Pure. */

export type Piece = { text: string; found: boolean }
export type Place = { start: number; end: number }

/** `3-8,10-12` as places; what cannot be read is left out. */
export function readPlaces(places: string): Place[] {
  return Array.from(places.matchAll(/(\d+)-(\d+)/g), ([, start, end]) => ({ start: Number(start), end: Number(end) }))
}

export function piecesOf(text: string, places: readonly Place[]): Piece[] {
  const characters = Array.from(text)
  const pieces: Piece[] = []
  let at = 0
  const put = (to: number, found: boolean): void => {
    if (to > at) pieces.push({ text: characters.slice(at, to).join(''), found })
    at = Math.max(at, to)
  }
  for (const { start, end } of [...places].sort((a, b) => a.start - b.start)) {
    put(Math.min(start, characters.length), false)
    put(Math.min(end, characters.length), true)
  }
  put(characters.length, false)
  return pieces
}
