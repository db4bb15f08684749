/**
 * What the device keeps between visits. Words in localStorage, because it is written before the next line runs; picture
 * bytes in IndexedDB, because they are large. When the browser forbids either, memory has to do and `lasting` says so.
 */

export type Shelf = {
  readonly lasting: boolean
  read<T>(name: string): T | null
  write(name: string, value: unknown): void
  remove(name: string): void
  keepPicture(key: string, picture: Blob): Promise<void>
  findPicture(key: string): Promise<Blob | null>
  dropPicture(key: string): Promise<void>
}

const PREFIX = 'caredesk.'
const STORE = 'pictures'

type Kept = { bytes: ArrayBuffer; type: string }

export class DeviceShelf implements Shelf {
  private readonly words: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  private readonly pictures = new Map<string, Blob>()
  readonly lasting: boolean

  constructor(storage: () => Storage) {
    const found = tryStorage(storage)
    this.lasting = found !== null
    this.words = found ?? memory()
  }

  read<T>(name: string): T | null {
    try {
      return JSON.parse(this.words.getItem(PREFIX + name) ?? 'null') as T | null
    } catch {
      return null
    }
  }

  write(name: string, value: unknown): void {
    try {
      this.words.setItem(PREFIX + name, JSON.stringify(value))
    } catch {
      // A full storage must not stop anybody from writing to the desk.
    }
  }

  remove(name: string): void {
    this.words.removeItem(PREFIX + name)
  }

  async keepPicture(key: string, picture: Blob): Promise<void> {
    this.pictures.set(key, picture)
    const bytes = await readBytes(picture)
    // Some phones cannot store a Blob, all can store its bytes.
    await inStore('readwrite', (store) => store.put({ bytes, type: picture.type } satisfies Kept, key))
  }

  async findPicture(key: string): Promise<Blob | null> {
    const held = this.pictures.get(key)
    if (held) return held
    const kept = await inStore<Kept | undefined>('readonly', (store) => store.get(key))
    return kept ? new Blob([kept.bytes], { type: kept.type }) : null
  }

  async dropPicture(key: string): Promise<void> {
    this.pictures.delete(key)
    await inStore('readwrite', (store) => store.delete(key))
  }
}

function tryStorage(storage: () => Storage): Storage | null {
  try {
    const found = storage()
    found.setItem(`${PREFIX}probe`, '1')
    found.removeItem(`${PREFIX}probe`)
    return found
  } catch {
    return null
  }
}

function memory(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const values = new Map<string, string>()
  return {
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
    removeItem: (name) => void values.delete(name),
  }
}

/** `Blob.arrayBuffer` is younger than the phones we serve. */
function readBytes(picture: Blob): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result as ArrayBuffer)
    reader.onerror = () => reject(new Error('unreadable'))
    reader.readAsArrayBuffer(picture)
  })
}

/** Runs one request; a browser without IndexedDB gives null, because the picture is also held in memory. */
function inStore<T>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest): Promise<T | null> {
  return new Promise((resolve) => {
    try {
      const opening = indexedDB.open('caredesk', 1)
      opening.onupgradeneeded = () => void opening.result.createObjectStore(STORE)
      opening.onerror = () => resolve(null)
      opening.onsuccess = () => {
        const request = use(opening.result.transaction(STORE, mode).objectStore(STORE))
        request.onsuccess = () => resolve(request.result as T)
        request.onerror = () => resolve(null)
        opening.result.close()
      }
    } catch {
      resolve(null)
    }
  })
}
