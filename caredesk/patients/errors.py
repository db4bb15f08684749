"""Expected errors about families."""

from __future__ import annotations

from caredesk.core.errors import BadInput, CareDeskError, Conflict, NotFound


class GuardianNotFound(NotFound):
    """No such guardian."""

    code = "guardian.not_found"


class NothingToReveal(NotFound):
    """The field is empty, or the child or parcel is not of this family."""

    code = "reveal.nothing"


class FamilyUnknown(BadInput):
    """A row speaks of a guardian or a child that has not been handed in; nothing of the file is kept."""

    code = "families.unknown"


class ParcelNotFound(NotFound):
    """No such parcel, or it is not of this family."""

    code = "parcel.not_found"


class PrescriptionNotFound(NotFound):
    """No such prescription, or it is not of this family."""

    code = "parcel.no_prescription"


class ParcelNumberOdd(BadInput):
    """A parcel's number has 6 to 32 letters, digits and hyphens."""

    code = "parcel.number_odd"


class CarrierUnknown(BadInput):
    """No carrier has this code."""

    code = "parcel.carrier_unknown"


class ParcelWordsMissing(BadInput):
    """What is noted about a parcel says nothing."""

    code = "parcel.words_missing"


class ParcelTaken(Conflict):
    """This number is already the parcel of a prescription."""

    code = "parcel.taken"


class ParcelOver(Conflict):
    """The parcel has arrived or gone back; there is nothing left to ask."""

    code = "parcel.over"


class TrackingNotSet(Conflict):
    """No tracking service is set up; parcels are told as the hospital and staff note them."""

    code = "parcel.no_service"


class PushForged(CareDeskError):
    """A push is not signed by the tracking service."""

    code = "parcel.sign_wrong"
    status = 401


class PushUnreadable(BadInput):
    """A push is signed but is not what the protocol says."""

    code = "parcel.push_unreadable"
