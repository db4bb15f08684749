/** The server's contract for every app: REST paths, schemas and socket events, all generated from one document. */
import type { components, paths } from './api'

export type Paths = paths
export type Schemas = components['schemas']

/** Every event the server pushes, by name. */
export type ServerEvents = Required<Schemas['ServerEvents']>
export type ServerEventName = keyof ServerEvents
export type ServerToClient = { [E in ServerEventName]: (payload: ServerEvents[E]) => void }

/** Every event a client may send, by name. Commands are not among them: they go by HTTP. */
export type ClientEvents = Required<Schemas['ClientEvents']>
export type ClientEventName = keyof ClientEvents
export type ClientToServer = { [E in ClientEventName]: (payload: ClientEvents[E], answer?: (reply: unknown) => void) => void }
