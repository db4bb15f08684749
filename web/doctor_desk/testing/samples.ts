/** Requests and attempts as the server would send them, with what a test wants to be different. */
import type { AssistRequest, Leg, RequestType } from '../requests'

export const RAISED = '2026-11-23T02:00:00Z'

export function request(changes: Partial<AssistRequest> = {}): AssistRequest {
  return {
    id: 'r1', conversation_id: 'c1', number: '20261123-0001', version: 1, head: 2, type_key: 'call_patient', type: '呼叫患者上线', type_en: 'Bring the patient online',
    staff_id: 's1', raised_by: '吴安然 主任医师', appointment_id: 'a1', child: '刘*', state: 'waiting', assignee_name: null, urged: false, raised_at: RAISED,
    accepted_at: null, accept_due_at: '2026-11-23T02:00:30Z', attempt_due_at: null, report_due_at: null, promised_at: null, answer_by: null,
    arrived_at: null, arrived_by: '', ended_at: null, outcome: '', unread: 0, score: null, legs: [], ...changes,
  }
}

export function leg(changes: Partial<Leg> = {}): Leg {
  return {
    id: 'l1', step: 0, channel: 'in_app', to: '', relation: 'mother', attempt: 1, state: 'sent', reason: '',
    planned_at: RAISED, sent_at: '2026-11-23T02:00:05Z', delivered_at: null, ended_at: null, outcome: '', ...changes,
  }
}

export function type(changes: Partial<RequestType> = {}): RequestType {
  return {
    key: 'call_patient', zh: '呼叫患者上线', en: 'Bring the patient online', hint_zh: '', hint_en: '', roles: ['doctor'], about: 'patient', in_session_first: true,
    ladder: 'call_up', after_session: 'close', clocks: { accept: 30, attempt: 60, report: 300 }, pictures: 0, form: [], script_zh: '', script_en: '', active: true, ...changes,
  }
}
