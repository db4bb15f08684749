/** Recordings, left messages and call-backs that are owed. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, remove } from '../../api/client'

export type RecordingList = Schemas['RecordingList']
export type Recording = RecordingList['recordings'][number]
export type VoicemailList = Schemas['VoicemailList']
export type CallBackList = Schemas['CallBackList']
export type CallBack = CallBackList['call_backs'][number]
export type Voicemail = VoicemailList['voicemails'][number]

const DESK = '/api/desk'

export const fetchRecordings = (conversationId: string): Promise<RecordingList> => get(`${DESK}/recordings`, { conversation_id: conversationId })
export const fetchVoicemails = (): Promise<VoicemailList> => get(`${DESK}/voicemails`)
export const fetchCallBacks = (): Promise<CallBackList> => get(`${DESK}/call-backs`)
/** Returns what is still owed. */
export const withdrawCallBack = (conversationId: string): Promise<CallBackList> => remove(`${DESK}/call-backs/${encodeURIComponent(conversationId)}`)

/** Where the sound is; the cookie opens it, and that somebody listened is kept with the purpose. */
export const audioAddress = (recordingId: string, purpose: string): string =>
  `${DESK}/recordings/${encodeURIComponent(recordingId)}/audio?purpose=${encodeURIComponent(purpose)}`
