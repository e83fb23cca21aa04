"""The planted stories: what happened, and the filter with which a newcomer finds it.

Each is told once in every cycle of 28 days; the first cycle's stories lie within the twelve days before the day of
the first fill, so a fresh demo has them all, and a demo that is topped up for months has new ones.
"""

from dataclasses import dataclass

CYCLE_DAYS = 28
EARLIEST_DAYS_BEFORE = 12


@dataclass(frozen=True, slots=True)
class Story:
    """One story; `params` are pairs for EventFilter.from_params, `days_before` counts from the first fill."""

    name: str
    title: str
    telling: str
    params: tuple[tuple[str, str], ...]
    days_before: int


STORIES = (
    Story(
        "brute-force",
        "A password guessed by force",
        "At 02:14 UTC somebody in Bucharest begins to try passwords on the account of jonas.weber, an admin in "
        "Berlin who is asleep: about 180 wrong ones in 27 minutes, from three addresses of one network. One "
        "fits. Within ten minutes the stranger turns off two-factor sign-in, makes a token of their own and "
        "downloads six backups. At half past seven Jonas changes his password and Elif revokes the token.",
        (("actor", "jonas.weber"), ("region", "București")),
        2,
    ),
    Story(
        "password-spraying",
        "A few tries on everyone",
        "Between 10:00 and 16:00 UTC six rented servers in Roubaix and Amsterdam try two or three common "
        "passwords on each of some forty-five accounts, slowly enough that no account is locked. No single "
        "account looks odd; the two regions together do. Nobody's password fits.",
        (("action", "Login Failed"), ("region", "Hauts-de-France"), ("region", "North Holland")),
        5,
    ),
    Story(
        "impossible-journey",
        "Istanbul to São Paulo in forty minutes",
        "deniz.arslan signs in at the Istanbul office at 08:02 UTC and works as on every day. Forty minutes "
        "later the same account signs in from São Paulo, 10,500 kilometres away, with another browser, and "
        "downloads three backups, while Deniz goes on working in Istanbul.",
        (("actor", "deniz.arslan"), ("action", "Logged In"), ("action", "Backup Downloaded")),
        1,
    ),
    Story(
        "mass-deletion",
        "Thirty-eight repositories at night",
        "At 01:40 Istanbul time the account of elif.kaya makes a new admin, temp.ops. Twelve minutes later "
        "temp.ops signs in from the same line, disables the policy immutable-backups, and in half an hour "
        "deletes 54 backups and 38 repositories. In the morning Oliver in London disables temp.ops, enables the "
        "policy again and restores all 38 repositories.",
        (("actor", "temp.ops"),),
        8,
    ),
    Story(
        "leaked-token",
        "A token that travelled",
        "The token ci-nightly has only ever called from one machine in a data centre in Hesse. At 03:10 UTC it "
        "is used from Santiago de Chile, with curl, and downloads 64 backups in 80 minutes, while the real "
        "machine goes on as usual. The next morning Oliver revokes it, and its successor ci-nightly-2 takes "
        "over.",
        (("actor", "ci-nightly"), ("country", "CL")),
        4,
    ),
    Story(
        "storage-outage",
        "A storage that did not answer",
        "No attack: from 13:05 to 16:40 UTC the storage azure-west-europe can't be reached, and every backup "
        "that goes there fails. The peak of failed backups looks alarming in the chart; their descriptions all "
        "name the same storage, and all other backups of these hours complete.",
        (("search", "azure-west-europe"), ("outcome", "failure")),
        11,
    ),
)
