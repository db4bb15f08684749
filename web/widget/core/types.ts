/** The shapes that travel between the parent's page and the desk, by the names the server gives them. */

export type TextBody = { kind: 'text'; text: string }
export type PictureBody = { kind: 'picture'; picture_id: string; width: number; height: number }
export type Choice = { entry_id: string; question: string }
export type AnswerBody = {
  kind: 'answer'
  entry_id: string
  question: string
  text: string
  source: string
  owner: string
  valid_until: string | null
  related: Choice[]
}
export type SuggestionsBody = { kind: 'suggestions'; text: string; choices: Choice[] }
export type SessionLine = { department: string; doctor: string; starts_at: string; ends_at: string }
export type MedicalBody = { kind: 'medical'; text: string; sessions: SessionLine[] }
export type EmergencyBody = { kind: 'emergency'; text: string; phone: string }
export type BotTextBody = { kind: 'bot_text'; text: string; offer_person: boolean }
export type NoticeBody = { kind: 'notice'; code: string; fields: Record<string, string> }
export type Body =
  | TextBody
  | PictureBody
  | AnswerBody
  | SuggestionsBody
  | MedicalBody
  | EmergencyBody
  | BotTextBody
  | NoticeBody

export type Author = 'visitor' | 'bot' | 'agent' | 'desk'
export type Status = 'bot' | 'waiting' | 'message' | 'active' | 'closed'
export type Language = 'zh' | 'en'

export type PatientMessage = {
  id: string
  conversation_id: string
  seq: number
  author: Author
  author_name: string
  client_key: string | null
  body: Body
  at: string
}

export type WaitEstimate = { position: number; low_minutes: number | null; high_minutes: number | null }

export type PatientConversation = {
  id: string
  number: string
  status: Status
  queue_name: string | null
  queue_name_en: string | null
  agent_name: string | null
  wait: WaitEstimate | null
  promised_at: string | null
  read_by_staff_seq: number
  head: number
  created_at: string
  closed_at: string | null
  rated: boolean
}

export type MessageCreated = { type: 'message.created'; conversation_id: string; seq: number; message: PatientMessage }
export type StatusChanged = {
  type: 'status.changed'
  conversation_id: string
  seq: number
  conversation: PatientConversation
}
export type PlaceChanged = { type: 'place.changed'; conversation_id: string; conversation: PatientConversation }
export type AgentTyped = { type: 'agent.typed'; conversation_id: string; name: string }
export type StoredEvent = MessageCreated | StatusChanged
export type PatientEvent = StoredEvent | PlaceChanged | AgentTyped

export type AppointmentLine = { child: string; department: string; doctor: string; starts_at: string; status: string }
export type ParcelLine = { number: string; carrier: string; status: string; eta: string | null; last_trace: string }
export type KnownFamily = { greeting_name: string; appointments: AppointmentLine[]; parcels: ParcelLine[] }
export type Visit = {
  visitor_id: string
  token: string | null
  family: KnownFamily | null
  conversation: PatientConversation | null
}

export type ClinicLine = {
  department_id: string
  department: string
  department_en: string
  open: boolean
  sessions: string[]
  doctors: string[]
}
export type RatingReason = { key: string; good: boolean; zh: string; en: string }
export type Welcome = {
  hospital: string
  hospital_en: string
  demo: boolean
  hotline: string
  emergency_phone: string
  open: boolean
  reason: string
  next_change: string | null
  next_open: string | null
  server_time: string
  top_questions: Choice[]
  clinics: ClinicLine[]
  rating_reasons: RatingReason[]
  message_characters: number
  picture_bytes: number
}

export type Posted = { message: PatientMessage; conversation: PatientConversation }
export type CatchUp = { events: PatientEvent[]; head: number; more: boolean; conversation: PatientConversation }
export type History = { conversations: PatientConversation[] }
export type Transcript = { conversation: PatientConversation; messages: PatientMessage[] }
export type UploadedPicture = { picture_id: string; width: number; height: number }
export type Rating = { score: number; reasons: string[]; comment: string }
