/** Uploading a picture with progress, which `fetch` cannot report. */
import { DeskError, refusal } from './api'
import type { UploadedPicture } from './types'

export type UploadAnswer = { status: number; text: string }
export type Upload = (
  address: string,
  form: FormData,
  headers: Record<string, string>,
  progress: (share: number) => void,
) => Promise<UploadAnswer>

export async function uploadPicture(
  upload: Upload,
  picture: Blob,
  headers: Record<string, string>,
  progress: (share: number) => void,
): Promise<UploadedPicture> {
  const form = new FormData()
  form.append('picture', picture, 'picture.jpg')
  const { status, text } = await upload('/api/chat/pictures', form, headers, progress)
  if (status === 0) throw new DeskError(0, 'network')
  if (status >= 300) throw refusal(status, text)
  return JSON.parse(text) as UploadedPicture
}

/** The browser's own way; status 0 when no answer came. */
export const uploadByRequest: Upload = (address, form, headers, progress) =>
  new Promise((resolve) => {
    const request = new XMLHttpRequest()
    request.open('POST', address)
    request.timeout = 60_000
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded, total }) => progress(loaded / total)
    request.onloadend = () => resolve({ status: request.status, text: request.responseText })
    request.send(form)
  })
