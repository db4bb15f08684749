/** The hotline's set-up, prompts and figures. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, put, remove, uploadForm } from '../../api/client'

export type SetupView = Schemas['HotlineSetupView']
export type Setup = SetupView['setup']
export type MenuOption = Setup['options'][number]
export type OptionKind = MenuOption['kind']
export type SetupQueue = SetupView['queues'][number]
export type PromptList = Schemas['PromptList']
export type Figures = Schemas['HotlineFigures']
export type Figure = Figures['figures'][number]
export type Prompt = PromptList['prompts'][number]

const HOTLINE = '/api/desk/hotline'
const ofPrompt = (name: string): string => `${HOTLINE}/prompts/${encodeURIComponent(name)}`

export const fetchSetup = (): Promise<SetupView> => get(`${HOTLINE}/setup`)
export const putSetup = (setup: Setup, version: number, note: string): Promise<SetupView> => put(`${HOTLINE}/setup`, { version, setup, note })
export const fetchPrompts = (): Promise<PromptList> => get(`${HOTLINE}/prompts`)
export const uploadPrompt = (name: string, file: File): Promise<Prompt> => uploadForm(`${ofPrompt(name)}/recording`, { recording: file })
export const resetPrompt = (name: string): Promise<Prompt> => remove(`${ofPrompt(name)}/recording`)

/** Where a prompt is heard; the hash makes a new recording a new address. */
export const promptAddress = (prompt: Prompt): string => `${ofPrompt(prompt.name)}/audio?v=${prompt.sha256.slice(0, 12)}`

export type AgentPhones = Schemas['AgentPhones']
/** Whose phone can be rung, who can be rung first. */
export const fetchAgentPhones = async (): Promise<AgentPhones[]> => (await get<Schemas['AgentPhoneList']>(`${HOTLINE}/phones`)).agents
export const fetchFigures = (): Promise<Figures> => get(`${HOTLINE}/figures`)
