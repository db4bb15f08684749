/** The doctor's requests on this phone: what the server knows, what is on its way there, and whether the line is live. */
import { computed, inject, onBeforeUnmount, onMounted, provide, ref, shallowRef, watch } from 'vue'
import type { ComputedRef, InjectionKey, Ref, ShallowRef } from 'vue'
import { serverNow } from '@shared/now'
import * as api from './api'
import { ApiError } from './api'
import { connect } from './live'
import type { Connection } from './live'
import { lock } from './lock'
import * as outbox from './outbox'
import type { Item, Wish, Words } from './outbox'
import * as requests from './requests'
import type { AssistRequest, Requests, RequestType } from './requests'

const STORE = 'caredesk.doctor.outbox.'
const RETRY_MS = [2_000, 4_000, 8_000, 15_000]

/** `live`: news arrives as it happens. `down`: it does not; the list is read again every now and then. */
export type Line = 'starting' | 'live' | 'down'

export type RequestDesk = {
  requests: ShallowRef<Requests>
  types: ShallowRef<readonly RequestType[]>
  call: ComputedRef<RequestType | undefined>
  items: Ref<readonly Item[]>
  line: Ref<Line>
  /** A second tap while the first is on its way changes nothing. */
  send: (what: Wish | Words) => void
  retry: (item: Item) => void
  drop: (item: Item) => void
  /** Carries out what cannot wait in the outbox; throws when it did not arrive. */
  change: (doing: Promise<AssistRequest>) => Promise<void>
  take: (request: AssistRequest) => void
  refetch: () => Promise<void>
  /** Leaves nothing of this account on the phone. */
  forget: () => void
}

const KEY: InjectionKey<RequestDesk> = Symbol('requests')

export function useRequestDesk(): RequestDesk {
  const desk = inject(KEY)
  if (!desk) throw new Error('no desk of requests around')
  return desk
}

export function provideRequests(staffId: string, open: typeof connect = connect): RequestDesk {
  const known = shallowRef<Requests>({})
  const types = shallowRef<readonly RequestType[]>([])
  const line = ref<Line>('starting')
  let connection: Connection | undefined

  const take = (request: AssistRequest): void => { known.value = requests.merged(known.value, request) }
  const box = useOutbox(staffId, take)

  async function refetch(): Promise<void> {
    const askedAt = serverNow()
    try {
      if (types.value.length === 0) types.value = await api.fetchTypes()
      known.value = requests.replaced(known.value, await api.fetchRequests(), askedAt)
      box.flush()
    } catch (error) {
      // That nobody answers is told by the bar, which asks for the day; here what is known stays.
      if (!(error instanceof ApiError)) throw error
    }
  }

  function onUp(): void {
    line.value = 'live'
    void refetch()
  }

  function onReturn(): void {
    if (document.hidden) return
    connection?.hurry()
    void refetch()
  }

  // The desk closes the line of a locked screen, and lets it in again when it is open.
  watch(lock.locked, (isLocked) => { if (!isLocked) onReturn() })
  onMounted(() => {
    connection = open(api.csrf(), { onRequest: take, onUp, onDown: () => { line.value = 'down' } })
    document.addEventListener('visibilitychange', onReturn)
    window.addEventListener('online', onReturn)
    // The list need not wait for the line.
    void refetch()
  })
  onBeforeUnmount(() => {
    connection?.close()
    document.removeEventListener('visibilitychange', onReturn)
    window.removeEventListener('online', onReturn)
  })

  const desk: RequestDesk = {
    requests: known,
    types,
    call: computed(() => requests.callType(types.value)),
    items: box.items,
    line,
    send: box.send,
    retry: box.retry,
    drop: box.drop,
    change: async (doing) => { take(await doing) },
    take,
    refetch,
    forget: box.forget,
  }
  provide(KEY, desk)
  return desk
}

type Outbox = Pick<RequestDesk, 'items' | 'send' | 'retry' | 'drop' | 'forget'> & { flush: () => void }

/** Sends what was tapped, one at a time, again and again under the same key until the server has answered. */
function useOutbox(staffId: string, take: (request: AssistRequest) => void): Outbox {
  // A reload must not lose a tap; another account on the same phone must not send it.
  const store = STORE + staffId
  const items = ref<readonly Item[]>(outbox.aged(outbox.restored(sessionStorage.getItem(store)), serverNow()))
  let again: ReturnType<typeof setTimeout> | undefined
  let failures = 0

  watch(items, (now) => { sessionStorage.setItem(store, JSON.stringify(now)) })
  onBeforeUnmount(() => { clearTimeout(again) })

  function flush(): void {
    clearTimeout(again)
    items.value = outbox.aged(items.value, serverNow())
    const item = outbox.nextToSend(items.value)
    if (item) void sendNow(item)
  }

  async function sendNow(item: Item): Promise<void> {
    items.value = outbox.put(items.value, { ...item, state: 'sending' })
    try {
      await deliver(item)
      items.value = outbox.without(items.value, item.clientKey)
      failures = 0
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      items.value = outbox.put(items.value, outbox.failed(item, error))
    }
    if (items.value.find((one) => one.clientKey === item.clientKey)?.state === 'lost') wait()
    else flush()
  }

  async function deliver({ clientKey, what }: Item): Promise<void> {
    if (what.kind === 'raise') take(await api.raiseRequest(clientKey, what))
    else await api.sayToAssistant(clientKey, what.requestId, what.text)
  }

  function wait(): void {
    again = setTimeout(flush, RETRY_MS[failures] ?? RETRY_MS.at(-1))
    failures += 1
  }

  function send(what: Wish | Words): void {
    if (what.kind === 'raise' && outbox.pendingWish(items.value, what)) return
    items.value = outbox.put(items.value, outbox.newItem(what, serverNow()))
    flush()
  }

  function retry(item: Item): void {
    items.value = outbox.put(items.value, outbox.retried(item, serverNow()))
    flush()
  }

  function forget(): void {
    clearTimeout(again)
    items.value = []
    sessionStorage.removeItem(store)
  }

  return { items, send, retry, drop: (item) => { items.value = outbox.without(items.value, item.clientKey) }, flush, forget }
}
