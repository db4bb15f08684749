/// <reference types="node" />
// @vitest-environment node
/** Both languages say the same things, and every code that the server can send has words. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import document from '../../contract/openapi.json'
import sharedEn from '../../shared/continuity/words.en.json'
import sharedZh from '../../shared/continuity/words.zh.json'
import accessEn from './access.en.json'
import accessZh from './access.zh.json'
import accountsEn from './accounts.en.json'
import accountsZh from './accounts.zh.json'
import assistEn from './assist.en.json'
import assistZh from './assist.zh.json'
import auditEn from './audit.en.json'
import auditZh from './audit.zh.json'
import calendarEn from './calendar.en.json'
import calendarZh from './calendar.zh.json'
import continuityEn from './continuity.en.json'
import continuityZh from './continuity.zh.json'
import en from './en.json'
import factorEn from './factor.en.json'
import factorZh from './factor.zh.json'
import floorEn from './floor.en.json'
import floorZh from './floor.zh.json'
import graphEn from './graph.en.json'
import graphZh from './graph.zh.json'
import guardrailsEn from './guardrails.en.json'
import guardrailsZh from './guardrails.zh.json'
import hotlineEn from './hotline.en.json'
import hotlineZh from './hotline.zh.json'
import knowledgeEn from './knowledge.en.json'
import knowledgeZh from './knowledge.zh.json'
import panelsEn from './panels.en.json'
import panelsZh from './panels.zh.json'
import phoneEn from './phone.en.json'
import phoneZh from './phone.zh.json'
import retentionEn from './retention.en.json'
import retentionZh from './retention.zh.json'
import reviewEn from './review.en.json'
import reviewZh from './review.zh.json'
import routingEn from './routing.en.json'
import routingZh from './routing.zh.json'
import sandboxEn from './sandbox.en.json'
import sandboxZh from './sandbox.zh.json'
import staffingEn from './staffing.en.json'
import staffingZh from './staffing.zh.json'
import webhooksEn from './webhooks.en.json'
import webhooksZh from './webhooks.zh.json'
import zh from './zh.json'

const PYTHON = fileURLToPath(new URL('../../../caredesk/', import.meta.url))
const ERROR_CODE = /^ {4}code(?:: ClassVar\[str\])? = "([a-z_]+\.[a-z_]+)"/gm

const words: Record<string, string> = { ...zh, ...sharedZh, ...accessZh, ...accountsZh, ...assistZh, ...auditZh, ...calendarZh, ...continuityZh, ...sandboxZh, ...staffingZh, ...factorZh, ...floorZh, ...graphZh, ...guardrailsZh, ...hotlineZh, ...phoneZh, ...panelsZh, ...knowledgeZh, ...retentionZh, ...reviewZh, ...routingZh, ...webhooksZh }
const english: Record<string, string> = { ...en, ...sharedEn, ...accessEn, ...accountsEn, ...assistEn, ...auditEn, ...calendarEn, ...continuityEn, ...sandboxEn, ...staffingEn, ...factorEn, ...floorEn, ...graphEn, ...guardrailsEn, ...hotlineEn, ...phoneEn, ...panelsEn, ...knowledgeEn, ...retentionEn, ...reviewEn, ...routingEn, ...webhooksEn }

/** What only the command line or the parent's page can meet. */
const ELSEWHERE = /^(clinic|families|staff)\.|^auth\.(bad_login|bad_name|login_taken|unknown_role)$/

function errorCodes(): string[] {
  const files = readdirSync(PYTHON, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('errors.py'))
  const sources = files.map((path) => readFileSync(join(PYTHON, path), 'utf8'))
  const codes = sources.flatMap((source) => Array.from(source.matchAll(ERROR_CODE), (match) => match[1] ?? ''))
  return codes.filter((code) => !ELSEWHERE.test(code))
}

/** A code has words of its own, or its family has. */
function hasWords(kind: string, code: string): boolean {
  const [family] = code.split('.')
  return `${kind}.${code}` in words || `${kind}.${family ?? ''}` in words
}

describe('the word files', () => {
  it.each([
    ['desk', zh, en],
    ['panels', panelsZh, panelsEn],
    ['floor', floorZh, floorEn],
    ['graph', graphZh, graphEn],
    ['guardrails', guardrailsZh, guardrailsEn],
    ['knowledge editor', knowledgeZh, knowledgeEn],
    ['hotline', hotlineZh, hotlineEn],
    ['phone', phoneZh, phoneEn],
    ['retention', retentionZh, retentionEn],
    ['trouble and incidents', { ...sharedZh, ...continuityZh }, { ...sharedEn, ...continuityEn }],
    ['review', reviewZh, reviewEn],
    ['routing policy', routingZh, routingEn],
    ['doctors\' requests', assistZh, assistEn],
    ['access', accessZh, accessEn],
    ['accounts', accountsZh, accountsEn],
    ['audit', auditZh, auditEn],
    ['calendar', calendarZh, calendarEn],
    ['sandbox', sandboxZh, sandboxEn],
    ['staffing', staffingZh, staffingEn],
    ['webhooks', webhooksZh, webhooksEn],
  ])('of the %s have the same keys in both languages', (_, chinese, other) => {
    expect(Object.keys(other).sort()).toEqual(Object.keys(chinese).sort())
  })

  it('have no key twice', () => {
    expect(Object.keys(zh).filter((key) => key in panelsZh || key in knowledgeZh)).toEqual([])
    expect(Object.keys(panelsZh).filter((key) => key in knowledgeZh)).toEqual([])
    expect(Object.keys(graphZh).filter((key) => key in zh || key in panelsZh || key in knowledgeZh)).toEqual([])
    expect(Object.keys(reviewZh).filter((key) => key in zh || key in panelsZh || key in knowledgeZh)).toEqual([])
  })

  it('leave nothing empty and name the same fields in both languages', () => {
    const fields = (text: string): string[] => Array.from(text.matchAll(/\{(\w+)\}/g), (match) => match[1] ?? '').sort()
    for (const [key, chinese] of Object.entries(words)) {
      expect([key, chinese.length > 0, (english[key] ?? '').length > 0]).toEqual([key, true, true])
      expect([key, fields(english[key] ?? '')]).toEqual([key, fields(chinese)])
    }
  })

  it('speak no English in Chinese sentences and no Chinese in English ones', () => {
    const chinese = /[\u4e00-\u9fff]/
    expect(Object.entries(english).filter(([key, text]) => chinese.test(text) && !key.startsWith('top.'))).toEqual([])
    expect(Object.entries(words).filter(([key, text]) => key.startsWith('error.') && !chinese.test(text))).toEqual([])
  })
})

describe('codes', () => {
  it('of errors have words', () => {
    const codes = errorCodes()
    expect(codes.length).toBeGreaterThan(30)
    expect(codes.filter((code) => !hasWords('error', code))).toEqual([])
  })

  it('of alerts have words', () => {
    const codes = document.components.schemas.AlertRaised.properties.code.enum
    expect(codes.length).toBeGreaterThan(0)
    expect(codes.filter((code) => !(`alert.${code}` in words))).toEqual([])
  })

  it('of states have words', () => {
    const states = document.components.schemas.AgentView.properties.state.enum
    expect(states.filter((state) => !(`presence.${state}` in words))).toEqual([])
    const statuses = document.components.schemas.ConversationSummary.properties.status.enum
    expect(statuses.filter((status) => status !== 'active' && !(`status.${status}` in words))).toEqual([])
    expect(statuses.filter((status) => !(`composer.no_reply_${status}` in words))).toEqual([])
  })
})
