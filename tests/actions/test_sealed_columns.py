"""People's data lie sealed in the database, open where they belong only, and are found without being read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date

import pytest
from sqlalchemy import QueuePool, String, func, literal, select, text, type_coerce, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from caredesk.actions.personal_keys import BATCH, MODELS, begin_rotation, drop_old_keys, key_status
from caredesk.core import key_queries
from caredesk.core.data_keys import DataKey, KeyRing, give_ring, ring_of
from caredesk.core.sealed import HoldsPersonal, NamePiece, as_stored, may_contain, plan_of
from caredesk.core.sealing import MasterKey, PersonalSecrets, SealBroken, is_sealed
from caredesk.infra.engine import open_store
from caredesk.infra.master_keys import FolderKeys, GivenKeys
from caredesk.infra.schema import METADATA
from caredesk.patients import contact_queries, queries
from caredesk.patients.models import Guardian, Patient
from tests.fixtures.database import SECRETS
from tests.fixtures.desk import DeskForTests

PHONE = "13800001001"


def add_family(session: Session, *, guardian_id: str = "g1", phone: str = PHONE, name: str = "王丽娟") -> None:
    guardian = Guardian(id=guardian_id, external_id=guardian_id, name=name, phone=phone, id_number="999999198805120021")
    child = Patient(id=f"c-{guardian_id}", external_id=f"C-{guardian_id}", name="刘子墨", birth_date=date(2022, 4, 18))
    session.add_all([guardian, child])
    session.flush()
    queries.put_guardianship(session, guardian_id=guardian.id, patient_id=child.id, relation="mother")


@pytest.fixture
def family(desk: DeskForTests) -> DeskForTests:
    """A desk that knows one family."""
    with desk.write() as work:
        add_family(work.session)
    return desk


@pytest.fixture
def session(family: DeskForTests) -> Iterator[Session]:
    with family.read() as opened:
        yield opened


def stored_of(session: Session, column: object) -> str:
    return str(session.scalar(select(as_stored(column))))


# ---- what stands in the database -----------------------------------------------------------------------------


def test_values_are_sealed_at_rest_and_plain_in_the_program(session: Session) -> None:
    guardian = session.get_one(Guardian, "g1")
    assert (guardian.name, guardian.phone, guardian.id_number) == ("王丽娟", PHONE, "999999198805120021")
    assert session.get_one(Patient, "c-g1").birth_date == date(2022, 4, 18)
    for column in (Guardian.name, Guardian.phone, Guardian.id_number, Patient.name, Patient.birth_date):
        stored = stored_of(session, column)
        assert is_sealed(stored) and PHONE not in stored and "王" not in stored and "2022" not in stored[:3]


def test_one_value_sealed_twice_is_not_seen_to_be_the_same(family: DeskForTests) -> None:
    with family.write() as work:
        add_family(work.session, guardian_id="g2")
        stored = work.session.scalars(select(as_stored(Guardian.phone))).all()
    assert len(set(stored)) == 2


def test_each_person_has_a_key(session: Session) -> None:
    assert sorted(session.scalars(select(DataKey.holder))) == ["c-g1", "g1"]


def test_a_value_does_not_open_in_another_row(family: DeskForTests) -> None:
    with family.write() as work:
        add_family(work.session, guardian_id="g2", phone="13800002002")
        stolen = work.session.scalar(select(as_stored(Guardian.phone)).where(Guardian.id == "g1"))
        swap = update(Guardian.__table__).where(Guardian.id == "g2")
        work.session.execute(swap.values(phone=literal(stolen, String())))
        work.session.expire_all()
        with pytest.raises(SealBroken):
            work.session.scalar(select(Guardian.phone).where(Guardian.id == "g2"))
        work.session.rollback()


def test_a_value_does_not_open_in_another_column(family: DeskForTests) -> None:
    with family.write() as work:
        stolen = stored_of(work.session, Guardian.id_number)
        work.session.execute(update(Guardian.__table__).values(name=literal(stolen, String())))
        with pytest.raises(SealBroken):
            work.session.scalar(select(Guardian.name))
        work.session.rollback()


@pytest.mark.parametrize(
    "statement", [select(Guardian.id).where(Guardian.phone == PHONE), update(Guardian).values(phone="1")]
)
def test_a_bare_comparison_or_change_of_a_sealed_column_is_refused(session: Session, statement: object) -> None:
    with pytest.raises(StatementError):
        session.execute(statement)  # type: ignore[call-overload]


def test_a_store_that_was_opened_without_secrets_shows_nothing(family: DeskForTests, database_url: str) -> None:
    stranger = open_store(database_url)
    with stranger.reading() as session, pytest.raises(SealBroken):
        session.scalar(select(Guardian.phone))
    stranger.engine.dispose()


def test_another_master_key_opens_nothing(family: DeskForTests, database_url: str) -> None:
    stranger = open_store(database_url, secrets=PersonalSecrets(GivenKeys(["another"]), "another"))
    with stranger.reading() as session, pytest.raises(SealBroken):
        session.scalar(select(Guardian.phone))
    stranger.engine.dispose()


def test_every_sealed_column_names_its_own_place() -> None:
    for model in MODELS:
        table = model.__table__  # type: ignore[attr-defined]
        plan = plan_of(model)
        places = [*plan.sealed.items(), *plan.indexes.items()]
        assert [kind.place for name, kind in places] == [f"{table.name}.{name}" for name, _ in places]


def test_the_rounds_walk_over_every_model_that_holds_peoples_data() -> None:
    assert set(MODELS) == set(HoldsPersonal.__subclasses__())
    assert {model.__tablename__ for model in MODELS} <= set(METADATA.tables)  # type: ignore[attr-defined]


# ---- finding -------------------------------------------------------------------------------------------------


def test_a_family_is_found_by_number_by_its_end_and_by_names(session: Session) -> None:
    assert [one.id for one in contact_queries.list_by_phone(session, phone="+86 138-0000-1001")] == ["g1"]
    assert contact_queries.list_by_phone(session, phone="13900001001") == []
    assert list(queries.list_guardian_ids_by_phone(session, tail="1001")) == ["g1"]
    for words in ("王丽娟", "丽娟", "王", "子墨", "墨"):
        assert queries.list_guardian_ids_by_name(session, name=words) == ["g1"], words
    for words in ("王娟", "娟丽", "李", "1001"):
        assert queries.list_guardian_ids_by_name(session, name=words) == [], words


def test_the_index_is_no_digest_that_others_can_make(session: Session) -> None:
    kept = session.scalar(select(type_coerce(Guardian.phone_index, String())))
    other = KeyRing(PersonalSecrets(SECRETS.masters, "another"), reads=session.get_bind())  # type: ignore[arg-type]
    assert kept == ring_of(session.get_bind().dialect).token("guardian.phone_index", PHONE)
    assert kept != other.token("guardian.phone_index", PHONE)


def test_a_changed_name_and_number_are_found_anew_and_no_longer_as_they_were(family: DeskForTests) -> None:
    with family.write() as work:
        guardian = work.session.get_one(Guardian, "g1")
        guardian.name, guardian.phone = "赵敏", "13900009999"
    with family.read() as session:
        assert queries.list_guardian_ids_by_name(session, name="丽娟") == []
        assert queries.list_guardian_ids_by_name(session, name="赵敏") == ["g1"]
        assert list(queries.list_guardian_ids_by_phone(session, tail="1001")) == []
        assert list(queries.list_guardian_ids_by_phone(session, tail="9999")) == ["g1"]


def test_many_who_share_letters_are_told_apart(family: DeskForTests) -> None:
    with family.write() as work:
        add_family(work.session, guardian_id="g2", name="王王丽")
        found = work.session.scalars(select(Guardian.id).where(may_contain(work.session, Guardian.name, part="丽娟")))
        assert list(found) == ["g1"]


def test_who_has_the_last_connection_of_the_pool_reads_a_sealed_row(family: DeskForTests) -> None:
    engine = family.services.store.engine
    ring_of(engine.dialect).forget()
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    with ExitStack() as taken:
        while pool.checkedout() < pool.size() + pool._max_overflow - 1:
            taken.enter_context(engine.connect())
        with family.read() as session:
            assert session.get_one(Guardian, "g1").phone == PHONE


# ---- a desk from before --------------------------------------------------------------------------------------


@pytest.fixture
def old_desk(desk: DeskForTests) -> DeskForTests:
    """A desk with more families than one batch, stored as they were before values were sealed, and a round begun."""
    with desk.write() as work:
        rows = [
            {
                "id": f"g{n:04}",
                "external_id": f"G{n:04}",
                "name": f"王{n:04}",
                "phone": f"1380000{n:04}",
                "tail": f"{n:04}",
            }
            for n in range(BATCH + 3)
        ]
        columns = "INSERT INTO guardian (id, external_id, name, phone, phone_tail)"
        work.session.execute(text(f"{columns} VALUES (:id, :external_id, :name, :phone, :tail)"), rows)
        child = "INSERT INTO patient (id, name, birth_date, sex) VALUES ('c1', '刘子墨', '2022-04-18', 'male')"
        work.session.execute(text(child))
        work.session.execute(text("INSERT INTO guardianship VALUES ('g0001', 'c1', 'mother')"))
        total = key_queries.count_rows(work.session, MODELS)
        begun = key_queries.begin_round(work.session, kind="seal", total=total, now=work.now)
        work.enqueue("seal_rows", {"round_id": begun.id}, key="seal_rows")
    return desk


def finds_everybody(session: Session) -> bool:
    names = queries.list_guardian_ids_by_name(session, name="王0001") + queries.list_guardian_ids_by_name(
        session, name="子墨"
    )
    numbers = [one.id for one in contact_queries.list_by_phone(session, phone="13800000001")]
    tails = list(queries.list_guardian_ids_by_phone(session, tail="0001"))
    return names + numbers + tails == ["g0001"] * 4 and session.get_one(Patient, "c1").birth_date == date(2022, 4, 18)


def test_a_desk_is_read_alike_before_between_and_after_it_is_sealed(old_desk: DeskForTests) -> None:
    with old_desk.read() as session:
        assert finds_everybody(session)
        assert key_status(session).plain > 2 * BATCH
    assert old_desk.runner.run_one(job_id(old_desk))
    with old_desk.read() as session:
        status = key_status(session)
        assert status.plain and status.in_force and status.last_round is not None and status.last_round.done == BATCH
        assert finds_everybody(session)
    old_desk.run_jobs()
    with old_desk.read() as session:
        status = key_status(session)
        assert (status.plain, status.is_clean) == (0, True)
        assert status.last_round is not None and status.last_round.done == status.last_round.total
        assert status.last_round.ended_at is not None
        assert finds_everybody(session)


def job_id(desk: DeskForTests) -> str:
    with desk.read() as session:
        return str(session.scalar(text("SELECT id FROM job WHERE name = 'seal_rows'")))


# ---- rotation ------------------------------------------------------------------------------------------------


def test_after_a_rotation_nothing_names_an_old_key(family: DeskForTests) -> None:
    store, old, new = family.services.store, "a-master-key-that-only-tests-know", "a-new-one-for-this-test"
    give_ring(store.engine, secrets=PersonalSecrets(GivenKeys([new, old]), SECRETS.index_secret))
    with family.write() as work:
        before = key_status(work.session)
        assert (before.older, before.in_force, before.is_clean) == (5, 0, False)
        assert begin_rotation(work) is not None
        assert begin_rotation(work) is None
    family.run_jobs()
    with family.read() as session:
        between = key_status(session)
        assert (between.older, between.in_force, between.old_keys, between.is_clean) == (0, 5, 2, False)
    family.clock.advance(minutes=11)
    family.run_jobs()
    # From here on the old master key may be lost.
    give_ring(store.engine, secrets=PersonalSecrets(GivenKeys([new]), SECRETS.index_secret))
    with family.read() as session:
        assert key_status(session).is_clean
        assert session.get_one(Guardian, "g1").phone == PHONE
        assert queries.list_guardian_ids_by_name(session, name="丽娟") == ["g1"]


def test_keys_that_values_still_name_are_not_dropped(family: DeskForTests) -> None:
    old, new = "a-master-key-that-only-tests-know", "a-new-one-for-this-test"
    give_ring(family.services.store.engine, secrets=PersonalSecrets(GivenKeys([new, old]), SECRETS.index_secret))
    with family.write() as work:
        drop_old_keys(work)
        assert work.session.scalar(select(func.count()).select_from(DataKey)) == 2


def test_the_folder_makes_a_master_key_once_and_a_new_one_when_asked(tmp_path: object) -> None:
    keys = FolderKeys(tmp_path)  # type: ignore[arg-type]
    first = keys.newest()
    assert FolderKeys(tmp_path).newest().id == first.id  # type: ignore[arg-type]
    second = FolderKeys(tmp_path).add()  # type: ignore[arg-type]
    assert keys.newest().id == second.id != first.id
    assert keys.find(first.id) is not None
    assert keys.drop_older() == [first.id]
    assert keys.find(first.id) is None and keys.newest().id == second.id


# ---- callers -------------------------------------------------------------------------------------------------


def test_what_is_plain_names_no_master_key(session: Session) -> None:
    assert MasterKey.of("one").id != MasterKey.of("two").id
    assert session.scalar(select(func.count()).select_from(NamePiece).where(NamePiece.place == "patient.name")) == 5
