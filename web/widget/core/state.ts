/** All that the page knows, as values. The desk changes it; the view only draws it. */
import type { KnownFamily, Language, PatientConversation, PatientMessage, Welcome } from './types'

/**
 * How news arrive. `idle`: nothing to hear yet; `live`: over the socket; `polling`: asked for every few seconds because
 * no socket gets through; `connecting`: being restored; `unreachable`: the desk does not answer; `offline`: this device
 * has no network.
 */
export type LinkState = 'idle' | 'live' | 'polling' | 'connecting' | 'unreachable' | 'offline'

export type OutgoingKind = 'text' | 'choice' | 'picture' | 'person' | 'letter'

/** Something the visitor has done that the desk has not confirmed yet. Its key makes repeated sending harmless. */
export type Outgoing = {
  key: string
  kind: OutgoingKind
  /** What is shown: the words, the question tapped, the letter. */
  text: string
  entry_id?: string
  phone?: string
  conversation_id?: string
  picture_id?: string
  width?: number
  height?: number
  at: string
  state: 'waiting' | 'sending' | 'failed'
  /** Why the desk refused it. */
  error?: string
  /** Share of a picture that is uploaded. */
  progress?: number
}

/** How else the hospital is reached; kept on the device for when the desk is not. */
export type Contact = Pick<Welcome, 'hotline' | 'mail'>

export type State = {
  welcome: Welcome | null
  contact: Contact | null
  /** The desk answers, but can keep nothing just now. */
  stalled: boolean
  /** The first screen could not be fetched. */
  failed: boolean
  family: KnownFamily | null
  conversation: PatientConversation | null
  /** Everything on the screen, in order; earlier conversations of this sitting come first. */
  messages: PatientMessage[]
  outgoing: Outgoing[]
  link: LinkState
  agentTyping: string
  /** The assistant is expected to say something in a moment. */
  botThinking: boolean
  unread: number
  /** What the visitor said about answers, by message. */
  helpful: Record<string, boolean>
  language: Language
  large: boolean
  /** Counts the visitors of this page: a phone may be handed on. */
  sitting: number
  /** False when the browser keeps nothing between visits. */
  lasting: boolean
}

export function firstState(language: Language, large: boolean, lasting: boolean): State {
  return {
    welcome: null,
    contact: null,
    stalled: false,
    failed: false,
    family: null,
    conversation: null,
    messages: [],
    outgoing: [],
    link: 'idle',
    agentTyping: '',
    botThinking: false,
    unread: 0,
    helpful: {},
    language,
    large,
    sitting: 1,
    lasting,
  }
}
