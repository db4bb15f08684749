/** A recorded day of the real server, fed to the thread: at its end the page shows what it would fetch. */
import text from '@contract/events.fixture.json?raw'
import { describe, expect, it } from 'vitest'
import type { Api } from './api'
import { firstState } from './state'
import { Thread } from './thread'
import type { PatientConversation, PatientEvent, PatientMessage } from './types'

type Transcript = { conversation: PatientConversation; messages: PatientMessage[] }
type Day = { before: Transcript; events: PatientEvent[]; after: Transcript }

const { pages } = JSON.parse(text) as { pages: Record<string, Day> }
const NEVER = { get: () => Promise.reject(new Error('nothing was missing')) } as unknown as Api

describe.each(Object.entries(pages))('the page of the visitor who came %s', (_, day) => {
  it('shows what it would fetch, and has fetched nothing', () => {
    const state = firstState('zh', false, true)
    const thread = new Thread(NEVER, state, { changed: () => undefined, arrived: () => undefined })
    thread.open(day.before.conversation)
    thread.last = day.before.conversation.head
    state.messages = [...day.before.messages]
    for (const event of day.events) thread.hear(event)
    expect(day.events.length).toBeGreaterThan(1)
    expect(state.messages).toEqual(day.after.messages)
    expect({ ...state.conversation, head: thread.last }).toEqual(day.after.conversation)
  })
})
