/** Shapes of the contract under the names the console uses. All are generated; nothing is described twice. */
import type { Schemas } from '@contract'

// ---- conversations ---------------------------------------------------------------------------------------

export type AnswerBody = Schemas['AnswerBody']
export type NoticeBody = Schemas['NoticeBody']
export type PictureBody = Schemas['PictureBody']
export type TimelineEntry = Schemas['TimelineEntry']
export type Body = TimelineEntry['body']
export type ConversationSummary = Schemas['ConversationSummary']
export type Status = ConversationSummary['status']
export type ConversationView = Schemas['ConversationView']
export type StandingHold = Schemas['StandingHold']
export type BotTurnView = Schemas['BotTurnView']
export type RatingView = Schemas['RatingView']
export type FamilyCard = Schemas['FamilyCard']
export type Viewer = Schemas['Viewer']
export type EntryPage = Schemas['EntryPage']
export type StaffCatchUp = Schemas['StaffCatchUp']
export type SummaryPage = Schemas['SummaryPage']
export type Appended = Schemas['Appended']
export type Changed = Schemas['Changed']
export type CannedReplyView = Schemas['CannedReplyView']
export type CannedReplies = Schemas['CannedReplies']
export type UploadedPicture = Schemas['UploadedPicture']

// ---- the desk --------------------------------------------------------------------------------------------

export type Me = Schemas['Me']
export type HalfOpen = Schemas['HalfOpen']
export type Snapshot = Schemas['Snapshot']
export type QueueState = Schemas['QueueState']
export type OfferView = Schemas['OfferView']
export type AgentView = Schemas['AgentView']
export type PresenceState = AgentView['state']
export type OptionView = Schemas['OptionView']

// ---- commands --------------------------------------------------------------------------------------------

export type PostReply = Schemas['PostReply']
export type ReplyBody = PostReply['body']
export type DraftKept = Schemas['DraftKept']
export type DraftKind = PostReply['changed_after'][number]
export type GuardReason = NonNullable<PostReply['in_spite']>
export type PostNote = Schemas['PostNote']
export type SetPresence = Schemas['SetPresence']

// ---- events ----------------------------------------------------------------------------------------------

type ForVisitors = Schemas['MessageCreated' | 'StatusChanged' | 'PlaceChanged' | 'AgentTyped']

/** Whatever the catalogue adds for staff must be given a meaning in `live/apply.ts` before this compiles again. */
export type StaffEvent = Exclude<Schemas['ServerEvents']['event'], ForVisitors>
export type EntryAppended = Schemas['EntryAppended']
export type ConversationChanged = Schemas['ConversationChanged']
export type OfferMade = Schemas['OfferMade']
export type OfferEnded = Schemas['OfferEnded']
export type SomeoneTyped = Schemas['SomeoneTyped']
export type AlertRaised = Schemas['AlertRaised']
export type AlertChanged = Schemas['AlertChanged']
export type AlertView = Schemas['AlertView']
export type NoticeView = Schemas['NoticeView']
export type MyAlerts = Schemas['MyAlerts']
export type SupervisorActed = Schemas['SupervisorActed']
export type ScheduleChanged = Schemas['ScheduleChanged']
export type RosterChanged = Schemas['RosterChanged']
export type AssistChanged = Schemas['AssistChanged']
export type CallChanged = Schemas['CallChanged']
export type DeskCondition = Schemas['DeskCondition']
export type DependencyTrouble = Schemas['DependencyTrouble']
export type IncidentView = Schemas['IncidentView']
export type CallView = Schemas['CallView']
export type AlertCode = AlertRaised['code']
export type Beat = Schemas['Beat']
