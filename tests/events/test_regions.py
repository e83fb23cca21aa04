"""Regions: a label once, and never an error because of a database."""

import os
import random
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mmdb_writer
import pytest
from netaddr import IPSet

from dashboard.config import Settings
from dashboard.events import regions
from dashboard.events.regions import NOWHERE, Place, Regions

BUILT_EPOCH = 1_680_308_777  # 2023-04-01
ISTANBUL = {
    "country": {"iso_code": "TR", "names": {"de": "Türkei", "en": "Turkey"}},
    "subdivisions": [{"names": {"en": "Istanbul"}}, {"names": {"en": "Kadikoy District"}}],
    "city": {"names": {"en": "Kadikoy"}},
}
RECORDS: Mapping[str, Any] = {
    "78.180.0.0/16": ISTANBUL,
    "2a02:ff0::/32": ISTANBUL,
    "5.5.0.0/16": {"country": ISTANBUL["country"], "city": ISTANBUL["city"]},
    "5.6.0.0/16": {"country": ISTANBUL["country"]},
    "5.7.0.0/16": {"country": {"iso_code": "TR"}},
    "5.8.0.0/16": {"continent": {"code": "AS"}},
    "5.9.0.0/16": {"country": "TR", "subdivisions": "Istanbul", "city": {"names": {"en": 7}}},
    "5.10.0.0/16": {"country": {"iso_code": "ZZZ", "names": {"en": "\x1b[31mRed\x00" + "x" * 500}}},
    "5.11.0.0/16": {"country": ISTANBUL["country"], "subdivisions": [{"names": {"de": "nur deutsch"}}]},
    "10.0.0.0/8": ISTANBUL,
}
NAME = "DBIP-City-Lite 2023-04-01"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a database file and returns its path."""

    def write(records: Mapping[str, Any] = RECORDS, kind: str = "DBIP-City-Lite", name: str = "city.mmdb") -> Path:
        writer = mmdb_writer.MMDBWriter(ip_version=6, ipv4_compatible=True, database_type=kind)
        for network, record in records.items():
            writer.insert_network(IPSet([network]), record)
        path = tmp_path / name
        writer.to_db_file(str(path.with_suffix(".new")))
        return path.with_suffix(".new").replace(path)

    monkeypatch.setattr(mmdb_writer, "time", SimpleNamespace(time=lambda: BUILT_EPOCH))
    return write


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("78.180.10.10", Place("Istanbul", "TR", NAME)),
        ("2a02:ff0::1", Place("Istanbul", "TR", NAME)),
        ("5.5.1.1", Place("Kadikoy", "TR", NAME)),
        ("5.6.1.1", Place("Turkey", "TR", NAME)),
        ("5.11.1.1", Place("Turkey", "TR", NAME)),
        ("5.7.1.1", Place(None, "TR", NAME)),
        ("5.8.1.1", NOWHERE),
        ("5.9.1.1", NOWHERE),
        ("5.10.1.1", Place("[31mRed" + "x" * 193, None, NAME)),
        ("10.1.2.3", NOWHERE),
        ("127.0.0.1", NOWHERE),
        ("203.0.113.9", NOWHERE),
        ("9.9.9.9", NOWHERE),
        ("not an address", NOWHERE),
        ("", NOWHERE),
    ],
)
def test_an_address_gets_the_largest_name_known(write: Write, address: str, place: Place) -> None:
    with Regions.open(write()) as opened:
        assert opened.problem is None
        assert opened.places([address, address]) == {address: place}


def test_name_date_and_credit_are_those_of_the_database(write: Write) -> None:
    with Regions.open(write()) as opened:
        assert (opened.name, opened.date, opened.geo_source) == ("DBIP-City-Lite", date(2023, 4, 1), NAME)
        assert opened.credit == "IP geolocation by DB-IP (CC BY 4.0)"
    with Regions.open(write(kind="GeoLite2-City")) as other:
        assert other.credit is None


@pytest.mark.parametrize("kind", ["GeoLite2-Country", "GeoLite2-ASN"])
def test_a_database_of_another_kind_is_a_problem_and_no_region(write: Write, kind: str) -> None:
    opened = Regions.open(write(kind=kind))
    assert opened.problem is not None
    assert kind in opened.problem
    assert opened.geo_source is None
    assert opened.places(["78.180.10.10"]) == {"78.180.10.10": NOWHERE}


def test_a_missing_a_foreign_and_a_cut_file_are_problems_and_no_region(write: Write, tmp_path: Path) -> None:
    foreign, cut, whole = tmp_path / "foreign.mmdb", tmp_path / "cut.mmdb", write()
    foreign.write_text("not a database")
    cut.write_bytes(whole.read_bytes()[:-200])
    for path in (None, tmp_path / "missing.mmdb", tmp_path, foreign, cut):
        opened = Regions.open(path)
        assert opened.problem, path
        assert opened.places(["78.180.10.10"]) == {"78.180.10.10": NOWHERE}


def test_a_damaged_record_costs_its_address_only_and_is_said(write: Write) -> None:
    path = write()
    path.write_bytes(path.read_bytes().replace(b"\x48Istanbul", b"\x48Ist\xff\xffbul"))
    with Regions.open(path) as opened:
        found = opened.places(["78.180.10.10", "5.6.1.1"])
        assert found == {"78.180.10.10": NOWHERE, "5.6.1.1": Place("Turkey", "TR", NAME)}
        assert opened.problem is not None
        assert "damaged" in opened.problem


def test_no_damage_gets_past_a_careful_reader(write: Write, tmp_path: Path) -> None:
    whole, chance = write().read_bytes(), random.Random(7)
    addresses = [f"{network.partition('/')[0][:-1]}1" for network in RECORDS if "." in network]
    for turn in range(300):
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 5, 50])):
            damaged[chance.randrange(len(whole))] = chance.randrange(256)
        path = tmp_path / f"{turn}.mmdb"
        path.write_bytes(damaged)
        with Regions.open(path, careful=True) as opened:
            assert set(opened.places(addresses)) == set(addresses)
        path.unlink()


def test_refresh_opens_a_replaced_or_another_database_and_nothing_else(write: Write) -> None:
    path = write()
    with Regions.open(path) as opened:
        assert opened.places(["78.180.1.1"])["78.180.1.1"].region == "Istanbul"
        assert not opened.stale()
        assert not opened.refresh(path)
        write({"78.180.0.0/16": {"city": {"names": {"en": "Ankara"}}}})
        assert opened.stale()
        assert opened.refresh(path)
        assert opened.places(["78.180.1.1"])["78.180.1.1"].region == "Ankara"
        assert opened.refresh(None)
        assert opened.problem is not None
        assert opened.places(["78.180.1.1"]) == {"78.180.1.1": NOWHERE}
        assert opened.refresh(write(name="other.mmdb"))
        assert opened.problem is None


def test_addresses_known_from_earlier_batches_stay_bounded(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regions, "_MOST_KNOWN", 10)
    with Regions.open(write()) as opened:
        for third in range(50):
            addresses = [f"78.180.{third}.{last}" for last in range(5)]
            assert {place.region for place in opened.places(addresses).values()} == {"Istanbul"}
            assert len(opened._known) <= 15


def test_the_database_set_wins_then_the_newest_fetched_then_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path)
    wheel = tmp_path / "wheel.mmdb"
    monkeypatch.setattr(regions, "_from_wheel", lambda: wheel)
    assert regions.find_database(settings) == wheel
    folder = regions.database_folder(settings)
    folder.mkdir()
    assert regions.find_database(settings) == wheel
    for name, written in (("old.mmdb", 1_000), ("new.mmdb", 2_000), ("newest.part", 3_000)):
        (folder / name).touch()
        os.utime(folder / name, (written, written))
    assert regions.find_database(settings) == folder / "new.mmdb"
    missing = tmp_path / "missing.mmdb"
    assert regions.find_database(Settings(home=tmp_path, geoip_db=missing)) == missing
