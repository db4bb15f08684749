/** Makes a picture small enough to send, in the browser. */

const LONGEST_SIDE = 1600
const QUALITY = 0.86
const SMALL_ENOUGH = 400_000
const TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif']
/** What iPhones take; most browsers cannot draw it, and the server can. */
const HEIC = /\.(heic|heif)$/i

export type Prepared = { file: Blob; bitmap: ImageBitmap }

export function isPicture(file: File): boolean {
  return TYPES.includes(file.type) || isHeic(file)
}

function isHeic(file: File): boolean {
  return ['image/heic', 'image/heif'].includes(file.type) || HEIC.test(file.name)
}

/** The size that fits, never larger than it was. */
export function fitted(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/** Decodes and, where it helps, shrinks; drawing anew also drops where and when the picture was taken. */
export async function prepare(file: File): Promise<Prepared> {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const size = fitted(bitmap.width, bitmap.height)
  const canvas = document.createElement('canvas')
  Object.assign(canvas, size)
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, size.width, size.height)
  // Screenshots with small text stay sharp as PNG while they are light.
  const keepPng = file.type === 'image/png' && file.size < SMALL_ENOUGH
  const shrunk = await blobOf(canvas, keepPng ? 'image/png' : 'image/jpeg')
  return { file: shrunk, bitmap }
}

function blobOf(canvas: HTMLCanvasElement, type: string): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => { if (blob) resolve(blob); else reject(new Error('canvas')) }, type, QUALITY)
  })
}
