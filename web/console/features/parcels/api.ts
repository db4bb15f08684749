/** Commands about a family's parcels. Shapes are the generated contract's. */
import type { Schemas } from '@contract'
import { get, post } from '../../api/client'

export type Carriers = Schemas['Carriers']
export type EnterParcel = Schemas['EnterParcel']
export type NoteParcel = Schemas['NoteParcel']
export type ParcelAsked = Schemas['ParcelAsked']

const of = (guardianId: string): string => `/api/console/families/${encodeURIComponent(guardianId)}/parcels`
const one = (guardianId: string, parcelId: string): string => `${of(guardianId)}/${encodeURIComponent(parcelId)}`

export const fetchCarriers = (): Promise<Carriers> => get('/api/console/carriers')
export const enterParcel = (guardianId: string, parcel: EnterParcel): Promise<void> => post(of(guardianId), parcel)
export const refreshParcel = (guardianId: string, parcelId: string): Promise<ParcelAsked> =>
  post(`${one(guardianId, parcelId)}/refresh`)
export const noteParcel = (guardianId: string, parcelId: string, said: NoteParcel): Promise<void> =>
  post(`${one(guardianId, parcelId)}/notes`, said)
