/** The commands and questions of the desk itself, one function each. Those of the panels are in `panels.ts`. */
import { get, post, put, upload } from './client'
import type {
  AgentView,
  Appended,
  CannedReplies,
  Changed,
  ConversationView,
  DraftKept,
  EntryPage,
  HalfOpen,
  Me,
  MyAlerts,
  PostNote,
  PostReply,
  SetPresence,
  Snapshot,
  StaffCatchUp,
  SummaryPage,
  UploadedPicture,
} from './types'

export { ApiError, setCsrfToken, whenLocked, whenSignedOut, whenTokenIsStale } from './client'

const CONSOLE = '/api/console'
const of = (conversationId: string): string => `${CONSOLE}/conversations/${encodeURIComponent(conversationId)}`

// ---- account ---------------------------------------------------------------------------------------------

/** Who is signed in, or the ticket of the next step. */
export const signIn = (login: string, password: string): Promise<Me | HalfOpen> => post('/api/auth/sign-in', { login, password })
export const signOut = (): Promise<void> => post('/api/auth/sign-out')
export const whoAmI = (): Promise<Me> => get('/api/auth/me')

// ---- the desk --------------------------------------------------------------------------------------------

export const fetchSnapshot = (): Promise<Snapshot> => get(`${CONSOLE}/snapshot`)
export const fetchMyAlerts = (): Promise<MyAlerts> => get(`${CONSOLE}/alerts`)
export const acknowledgeAlert = (alertId: string): Promise<void> => post(`${CONSOLE}/alerts/${encodeURIComponent(alertId)}/acknowledge`)
export const acknowledgeNotice = (noticeId: string): Promise<void> => post(`${CONSOLE}/notices/${encodeURIComponent(noticeId)}/acknowledge`)
export const fetchClosed = (cursor: string | null): Promise<SummaryPage> => get(`${CONSOLE}/closed`, { cursor })
export const setPresence = (wanted: SetPresence): Promise<AgentView> => put(`${CONSOLE}/presence`, wanted)
export const acceptOffer = (offerId: string): Promise<Changed> => post(`${CONSOLE}/offers/${offerId}/accept`)
export const declineOffer = (offerId: string): Promise<void> => post(`${CONSOLE}/offers/${offerId}/decline`, { reason: '' })

// ---- one conversation ------------------------------------------------------------------------------------

export const fetchConversation = (id: string): Promise<ConversationView> => get(of(id))
export const fetchEarlier = (id: string, before: number): Promise<EntryPage> => get(`${of(id)}/entries`, { before })
export const fetchEvents = (id: string, after: number): Promise<StaffCatchUp> => get(`${of(id)}/events`, { after })
export const fetchCanned = (id: string): Promise<CannedReplies> => get(`${of(id)}/canned-replies`)
export const postReply = (id: string, reply: PostReply): Promise<Appended> => post(`${of(id)}/replies`, reply)
export const postNote = (id: string, note: PostNote): Promise<Appended> => post(`${of(id)}/notes`, note)
export const markSeen = (id: string, upTo: number): Promise<void> => post(`${of(id)}/seen`, { up_to: upTo })
export const putDraft = (id: string, text: string): Promise<DraftKept> => put(`${of(id)}/draft`, { text })
export const uploadPicture = (file: Blob): Promise<UploadedPicture> => upload(`${CONSOLE}/pictures`, 'picture', file)

/** Why a picture does not appear: an image tells nobody. */
export const pictureTrouble = (pictureId: string): Promise<unknown> => get(pictureAddress(pictureId, 'small')).catch((error: unknown) => error)

/** Where a picture is; the cookie opens it. The small form is enough for a timeline; the whole one is on the record. */
export const pictureAddress = (pictureId: string, form: 'small' | 'whole' = 'whole'): string =>
  `${CONSOLE}/pictures/${encodeURIComponent(pictureId)}${form === 'small' ? '?small=true' : ''}`
