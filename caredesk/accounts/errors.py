"""Expected errors about accounts and signing in."""

from __future__ import annotations

from caredesk.core.errors import BadInput, Conflict, NotFound, Refused, SignInNeeded


class BadCredentials(SignInNeeded):
    """Login and password do not belong together; which of the two is wrong is not said."""

    code = "auth.bad_credentials"


class AccountLocked(Refused):
    """Too many failures in a row: no password is accepted `until` then, for unknown logins likewise."""

    code = "auth.locked"


class AddressLocked(AccountLocked):
    """Too many failures from one address with accounts that do not know it: none of those is let in `until` then."""

    code = "auth.address_locked"


class WrongPassword(BadInput):
    """The current password, asked again before a change, is not right."""

    code = "auth.wrong_password"


class WeakPassword(BadInput):
    """The new password has `faults`: codes of `rules.password_faults`, or `unchanged`."""

    code = "auth.weak_password"


class BadLogin(BadInput):
    """The login is too short or has signs that a login cannot have."""

    code = "auth.bad_login"


class BadName(BadInput):
    """The name is empty or longer than sixty characters."""

    code = "auth.bad_name"


class UnknownRole(BadInput):
    """There is no such `role`, or none was given."""

    code = "auth.unknown_role"


class RolesClash(BadInput):
    """Two of the three officers, or one of them and somebody who sees families, would be the same person."""

    code = "auth.roles_clash"


class OwnAccount(Refused):
    """Nobody changes their own roles, or closes their own account."""

    code = "auth.own_account"


class OfficersAccount(Refused):
    """Whoever manages accounts has no power over the other officers; that is done by command on the machine."""

    code = "auth.officers_account"


class LoginTaken(Conflict):
    """Another account has this login."""

    code = "auth.login_taken"


class StaffNotFound(NotFound):
    """No such member of staff."""

    code = "staff.not_found"


class SessionNotFound(NotFound):
    """None of one's own sessions has this id, or it has ended."""

    code = "auth.session_not_found"


class NoDoctorBehindAccount(NotFound):
    """The account has the doctor's role, but nobody has said which doctor of the clinic it is."""

    code = "auth.no_doctor"


class NoDepartmentBehindAccount(NotFound):
    """The account has the nurse's role, but nobody has said in which department of the clinic."""

    code = "auth.no_department"


class WeComTaken(Conflict):
    """Another account belongs to this member of the hospital's WeCom."""

    code = "staff.wecom_taken"


class BadWay(BadInput):
    """What was given as a `way` is too long, or no number that a text message could reach."""

    code = "staff.bad_way"


class BadCode(BadInput):
    """The code of the second factor is not right, or it was used before."""

    code = "auth.bad_code"


class SignInOver(Conflict):
    """The half-open sign-in has expired or had too many wrong codes: it begins anew with the password."""

    code = "auth.sign_in_over"


class NothingOffered(Conflict):
    """No new second factor waits for its first code."""

    code = "auth.no_factor_offered"


class PasskeysOff(NotFound):
    """No passkeys here: browsers make them for a host name over HTTPS only, and the desk's public address is none."""

    code = "auth.passkeys_off"


class PasskeyRefused(SignInNeeded):
    """What the device signed is not what was asked for, too late, or by a key that opens nothing here."""

    code = "auth.passkey_refused"


class BadPasskey(BadInput):
    """The device's answer to being added is not right, or comes too late."""

    code = "auth.bad_passkey"


class PasskeyTaken(Conflict):
    """This key is somebody's already."""

    code = "auth.passkey_taken"


class TooManyPasskeys(Conflict):
    """One has as many passkeys as one may have."""

    code = "auth.too_many_passkeys"


class PasskeyNotFound(NotFound):
    """None of one's own passkeys has this id."""

    code = "auth.passkey_not_found"


class ScreenLocked(SignInNeeded):
    """Nobody did anything here for too long: the password is asked for before anything else is answered."""

    code = "auth.screen_locked"


class NotLocked(Conflict):
    """The session is not locked, so there is nothing to open."""

    code = "auth.not_locked"


class CallGoesOn(Conflict):
    """A screen is not locked by hand while its person is on the telephone."""

    code = "auth.call_goes_on"


class FactorDemanded(Refused):
    """One's role demands a second factor, so that it can be replaced and not be given up."""

    code = "auth.factor_demanded"
