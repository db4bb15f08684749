/** Evidence and the two people whom an export without masks needs. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post } from '../../api/client'

export type Approval = Schemas['ApprovalView']
export type Purpose = Approval['purpose']

export const PURPOSES: readonly Purpose[] = ['complaint', 'dispute', 'court', 'regulator', 'quality']
export const LONGEST_REASON = 200

const CONSOLE = '/api/console'
const of = (id: string): string => `${CONSOLE}/conversations/${encodeURIComponent(id)}`

export const fetchApprovals = async (id: string): Promise<Approval[]> => (await get<Schemas['Approvals']>(`${of(id)}/export-approvals`)).approvals
export const fetchWaiting = async (): Promise<Approval[]> => (await get<Schemas['Approvals']>(`${CONSOLE}/export-approvals`)).approvals
export const askForApproval = (id: string, asked: Schemas['AskForApproval']): Promise<Approval> => post(`${of(id)}/export-approvals`, asked)
export const decideApproval = (approvalId: string, approve: boolean): Promise<Approval> =>
  post(`${CONSOLE}/export-approvals/${encodeURIComponent(approvalId)}/decision`, { approve })

/** Where a bundle is taken out; the cookie opens it. With somebody's yes it has no masks. */
export function bundleAddress(id: string, purpose: Purpose, approval = ''): string {
  const asked = new URLSearchParams(approval === '' ? { purpose } : { purpose, approval })
  return `${of(id)}/evidence.zip?${asked.toString()}`
}

export const unmaskedAddress = (id: string, form: 'json' | 'html', approval: string, language: string): string =>
  `${of(id)}/export.${form}?${new URLSearchParams({ approval, ...(form === 'html' ? { language, inline: 'true' } : {}) }).toString()}`
