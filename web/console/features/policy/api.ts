/** The routing policy's questions and commands. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post } from '../../api/client'

export type PolicyPage = Schemas['PolicyPage']
export type Rule = PolicyPage['rules'][number]
export type RuleName = Rule['rule']
export type RuleOf<Name extends RuleName> = Extract<Rule, { rule: Name }>
export type RuleChange = Schemas['RuleChangeView']
export type Difference = Schemas['PolicyDifference']
export type PolicyQueue = Schemas['PolicyQueue']

const POLICY = '/api/console/policy'
const version = (n: number): string => `${POLICY}/versions/${String(n)}`

export const fetchPolicy = (): Promise<PolicyPage> => get(POLICY)
export const checkPolicy = (rules: readonly Rule[]): Promise<Difference> => post(`${POLICY}/check`, { rules })
export const applyPolicy = (rules: readonly Rule[], expected: number, note: string): Promise<PolicyPage> =>
  post(POLICY, { rules, expected, note })
export const checkVersion = (n: number): Promise<Difference> => get(version(n))
export const activateVersion = (n: number, expected: number, reason: string): Promise<PolicyPage> =>
  post(`${version(n)}/activate`, { expected, reason })
