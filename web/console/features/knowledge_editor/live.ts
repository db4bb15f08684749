/** The providers of live data that an answer can be bound to; the server refuses any other. */
export const LIVE = ['clinic_sessions', 'clinic_overview', 'service_hours', 'queue_place', 'parcels', 'fees', 'steps', 'documents', 'holidays'] as const
