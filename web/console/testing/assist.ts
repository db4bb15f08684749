/** Sample requests of doctors for unit tests: complete, plain and changed in the part that a test is about. */
import type { AssistCard, AssistRequest, Leg } from '../features/assist/api'
import { AT } from './samples'

export function request(part: Partial<AssistRequest> = {}): AssistRequest {
  return {
    id: 'r1',
    conversation_id: 'c1',
    number: '20261123-0001',
    version: 1,
    head: 1,
    type_key: 'call_patient',
    type: '呼叫患者上线',
    type_en: 'Bring the patient online',
    staff_id: 'd1',
    raised_by: '林书瑶 主任医师',
    appointment_id: 'a1',
    child: '刘*',
    state: 'accepted',
    assignee_name: '李晓雯',
    urged: false,
    raised_at: AT,
    accepted_at: null,
    accept_due_at: null,
    attempt_due_at: null,
    report_due_at: null,
    promised_at: null,
    answer_by: null,
    arrived_at: null,
    arrived_by: '',
    ended_at: null,
    outcome: '',
    unread: 0,
    score: null,
    legs: [],
    ...part,
  }
}

export function leg(part: Partial<Leg> = {}): Leg {
  return {
    id: 'l1',
    step: 0,
    channel: 'sms',
    to: '138****0000',
    relation: 'mother',
    attempt: 1,
    state: 'sent',
    reason: '',
    planned_at: AT,
    sent_at: null,
    delivered_at: null,
    ended_at: null,
    outcome: '',
    ...part,
  }
}

export function card(part: Partial<AssistCard> = {}): AssistCard {
  return {
    request: request(),
    kind: {
      key: 'call_patient',
      zh: '呼叫患者上线',
      en: 'Bring the patient online',
      hint_zh: '',
      hint_en: '',
      roles: ['doctor'],
      about: 'patient',
      in_session_first: true,
      ladder: 'call_up',
      after_session: 'close',
      clocks: { accept: 30, attempt: 60, report: 300 },
      pictures: 0,
      form: [],
      script_zh: '',
      script_en: '',
      active: true,
    },
    form: {},
    visit: null,
    guardians: [],
    script: '',
    script_en: '',
    earlier: [],
    may_report: true,
    ...part,
  }
}
