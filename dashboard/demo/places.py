"""Real public networks and their places, as DB-IP City Lite of April 2023 tells them (a test looks them up)."""

from dataclasses import dataclass
from ipaddress import IPv4Network

import numpy as np

from dashboard.demo.chance import Ints


@dataclass(frozen=True, slots=True)
class Network:
    """One announced prefix, all of which lies in one place."""

    cidr: str
    region: str  # as the page labels it: the subdivision, else the city
    country: str

    @property
    def first(self) -> int:
        return int(IPv4Network(self.cidr).network_address)

    @property
    def size(self) -> int:
        return IPv4Network(self.cidr).num_addresses


def _place(region: str, country: str, *cidrs: str) -> tuple[Network, ...]:
    return tuple(Network(cidr, region, country) for cidr in cidrs)


# For each office the first network is the office's own line; the others are where its people live.
ISTANBUL = _place(
    "Istanbul", "TR", "78.156.160.0/19", "88.239.32.0/19", "176.33.40.0/21", "176.41.104.0/21", "188.59.32.0/19"
)
LONDON = _place("England", "GB", "84.235.128.0/17", "90.245.0.0/16", "83.106.0.0/16", "81.76.0.0/17")
BERLIN = _place("Berlin", "DE", "92.224.192.0/19", "88.130.112.0/20", "91.66.184.0/21", "87.123.64.0/21")
NEW_YORK = _place("New York", "US", "67.93.0.0/17", "96.232.64.0/20", "100.10.128.0/17", "108.37.128.0/17")
SAN_FRANCISCO = _place("California", "US", "75.37.0.0/19", "76.254.0.0/18", "71.141.96.0/19", "108.79.128.0/19")
SINGAPORE = _place("Singapore", "SG", "202.21.192.0/18", "101.127.112.0/20", "101.127.96.0/21", "42.61.180.0/22")
SAO_PAULO = _place("São Paulo", "BR", "177.112.0.0/15", "177.108.0.0/14", "179.120.0.0/14", "187.42.0.0/15")
OFFICES = (ISTANBUL, LONDON, BERLIN, NEW_YORK, SAN_FRANCISCO, SINGAPORE, SAO_PAULO)

# Where the machines with API tokens run.
CLOUDS = (
    *_place("Hesse", "DE", "3.124.0.0/14"),
    *_place("Leinster", "IE", "54.72.0.0/14"),
    *_place("Virginia", "US", "18.232.0.0/14", "52.20.0.0/14"),
)

# Where strangers try their luck, and where the stories come from.
ROUBAIX = _place("Hauts-de-France", "FR", "94.23.192.0/18", "188.165.224.0/19")
AMSTERDAM = _place("North Holland", "NL", "188.166.0.0/19", "188.166.96.0/19")
BUCHAREST = _place("București", "RO", "176.223.0.0/18")
SANTIAGO = _place("Santiago Metropolitan", "CL", "186.40.0.0/15")
STRANGERS = (
    *ROUBAIX,
    *AMSTERDAM,
    *_place("Riga", "LV", "90.139.192.0/19"),
    *_place("Mazovia", "PL", "178.56.0.0/17"),
    *_place("Hanoi", "VN", "117.6.64.0/18"),
    *_place("Gauteng", "ZA", "105.246.128.0/17"),
    *_place("Maharashtra", "IN", "59.182.0.0/15"),
    *_place("Sofia-grad", "BG", "95.43.128.0/18"),
)

ALL = (*(network for office in OFFICES for network in office), *CLOUDS, *STRANGERS, *BUCHAREST, *SANTIAGO)
FIRST: Ints = np.array([network.first for network in ALL], dtype=np.int64)
SIZE: Ints = np.array([network.size for network in ALL], dtype=np.int64)
INDEX = {network.cidr: place for place, network in enumerate(ALL)}


def address(network: Network, host: int) -> int:
    """Host number `host` of a network, as an integer; never its first or last address."""
    return network.first + 1 + host % (network.size - 2)


def whereabouts(addresses: Ints) -> Ints:
    """The place in ALL of each address; -1 for an address that is none of ours."""
    order = np.argsort(FIRST)
    found = order[np.clip(np.searchsorted(FIRST[order], addresses, side="right") - 1, 0, None)]
    inside = (addresses >= FIRST[found]) & (addresses < FIRST[found] + SIZE[found])
    return np.where(inside, found, -1)
