/** Pictures: made small enough before they are sent, fetched with the visitor's token, enlarged by a tap. */
import { DeskError } from '../core/api'
import { t, tError } from '../i18n'
import type { Context } from './context'
import { add, button, h, say } from './dom'

const LONGEST_SIDE = 1600
const QUALITIES = [0.85, 0.7, 0.5]
const LOOK_AGAIN_MS = 15_000
/** What the desk says of a picture that it keeps back; anything else is told as a picture that cannot be seen. */
const TOLD = ['picture.waiting', 'picture.unsafe', 'files.unreadable']

export type Resized = { blob: Blob; width: number; height: number }

/** Draws a file as JPEG with no side above 1600 px and not more bytes than the desk takes. */
export async function resize(file: Blob, byteLimit: number): Promise<Resized> {
  const image = await load(URL.createObjectURL(file))
  const scale = Math.min(1, LONGEST_SIDE / Math.max(image.naturalWidth, image.naturalHeight))
  const width = Math.max(1, Math.round(image.naturalWidth * scale))
  const height = Math.max(1, Math.round(image.naturalHeight * scale))
  const canvas = h('canvas', { width, height })
  const paper = canvas.getContext('2d')
  if (!paper) throw new Error('no canvas')
  // JPEG has no transparency; without this it would turn black.
  paper.fillStyle = '#fff'
  paper.fillRect(0, 0, width, height)
  paper.drawImage(image, 0, 0, width, height)
  URL.revokeObjectURL(image.src)
  return { blob: await encode(canvas, byteLimit), width, height }
}

async function encode(canvas: HTMLCanvasElement, byteLimit: number): Promise<Blob> {
  let smallest: Blob | null = null
  for (const quality of QUALITIES) {
    smallest = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality))
    if (smallest && smallest.size <= byteLimit) break
  }
  if (!smallest) throw new Error('no picture')
  return smallest
}

function load(address: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image()
    image.onload = () => resolve(image)
    image.onerror = () => reject(new Error('unreadable'))
    image.src = address
  })
}

/** Shows what was chosen and asks before it goes out. */
export async function offerPicture({ desk, sheets, attempt }: Context, file: Blob, told: (words: string) => void): Promise<void> {
  let resized: Resized
  try {
    resized = await resize(file, desk.state.welcome?.picture_bytes ?? Infinity)
  } catch {
    told(t('picture.unreadable'))
    return
  }
  const { blob, width, height } = resized
  const address = URL.createObjectURL(blob)
  const send = () => {
    sheets.close()
    void attempt(desk.sendPicture(blob, width, height))
  }
  const go = button(t('picture.send'), send, { class: 'strong' })
  const stop = button(t('picture.cancel'), () => sheets.close(), { class: 'soft' })
  const image = h('img', { class: 'preview', src: address, alt: '', width, height })
  const content = h('div', { class: 'sheet-body' }, image, h('div', { class: 'pair' }, stop, go))
  sheets.show(t('picture.preview'), content, () => URL.revokeObjectURL(address))
}

const fetched = new Map<string, Promise<string>>()

/** A picture of the timeline: its place is kept before its bytes are there. */
export function pictureView(context: Context, key: string, find: () => Promise<Blob | null>, size: { width: number; height: number }, alt: string): HTMLElement {
  const words = h('span', { class: 'quiet' }, t('picture.loading'))
  const view = button('', () => undefined, { class: 'picture', disabled: true, 'aria-label': `${alt} ${t('picture.open')}` })
  const { width, height } = fit(size)
  view.style.width = `${width}px`
  view.style.height = `${height}px`
  add(view, words)
  const show = (): void => {
    addressOf(key, find)
      .then((address) => {
        words.remove()
        add(view, h('img', { src: address, alt: '' }))
        view.disabled = false
        view.addEventListener('click', () => context.sheets.fill(t('picture.close'), h('img', { src: address, alt })))
      })
      .catch((fault: unknown) => {
        fetched.delete(key)
        const code = fault instanceof DeskError ? fault.code : ''
        say(words, TOLD.includes(code) ? tError({ code }) : t('picture.gone'))
        if (code === 'picture.waiting') setTimeout(show, LOOK_AGAIN_MS)
      })
  }
  show()
  return view
}

function addressOf(key: string, find: () => Promise<Blob | null>): Promise<string> {
  const known = fetched.get(key)
  if (known) return known
  const address = find().then((blob) => {
    if (!blob) throw new Error('gone')
    return URL.createObjectURL(blob)
  })
  fetched.set(key, address)
  return address
}

function fit({ width, height }: { width: number; height: number }): { width: number; height: number } {
  const scale = Math.min(1, 220 / width, 260 / height)
  return { width: Math.max(64, Math.round(width * scale)), height: Math.max(64, Math.round(height * scale)) }
}
