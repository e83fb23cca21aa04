"""Names of people, repositories and everything else at Larkmoor Robotics, a company that does not exist."""

COMPANY = "Larkmoor Robotics"
DOMAIN = "larkmoor.example"

# One row an office, in the order of places.OFFICES; the people of the stories are the first of their office.
FIRST_NAMES = (
    "elif deniz murat zeynep emre ayse can selin kerem defne burak ece mert irem onur derya",
    "oliver amelia harry isla george freya arthur poppy theo grace alfie ruby",
    "jonas lena felix hannah paul mia maximilian clara anton frieda moritz greta",
    "james olivia marcus sophia daniel naomi ethan rachel tyler angela kevin brooke",
    "maya lucas priya noah hana diego chloe wei jasmine aaron sierra rohan",
    "weiming hui.min arjun siti jiahao kavya farid mei.ling ravi xinyi daryl nurul",
    "joao beatriz rafael larissa thiago camila gustavo leticia bruno marina caio isabela",
)
LAST_NAMES = (
    "kaya arslan aydin demir yildiz sahin celik koc ozturk kurt polat aksoy",
    "bennett clarke hughes morgan foster whitfield barnes ellis marsh doyle",
    "weber schneider vogel krause lang neumann brandt fuchs seidel hartmann",
    "carter rossi goldberg nguyen sullivan brooks rivera meyer kowalski price",
    "chen ramirez patel olsen tanaka castillo fischer liu brooks-hall mehta",
    "tan lim kumar rahman goh nair ismail wong menon lee",
    "silva costa almeida moreira santos ferreira barbosa ribeiro lopes teixeira",
)

_PRODUCTS = [
    "atlas", "borealis", "cobalt", "delta", "ember", "falcon", "granite", "harbor", "iris", "juniper", "kestrel",
    "lumen", "meridian", "nimbus", "onyx", "palisade", "quartz", "rook", "saffron", "tundra", "umbra", "vector",
    "willow", "zephyr",
]  # fmt: skip
_PARTS = ["api", "web", "firmware", "infra", "docs", "mobile", "sdk", "planner", "gateway", "charts", "cli", "tests"]
_LATER = ["archive", "mirror", "eu", "us", "staging", "tools", "legacy", "bench"]

STORAGES = ("s3-frankfurt", "s3-virginia-vault", "azure-west-europe", "gcs-singapore", "sftp-istanbul")
ROLES = ("Owner", "Administrator", "Backup Operator", "Auditor", "Developer", "Read Only")
POLICIES = (
    "retention-90d",
    "retention-7y",
    "immutable-backups",
    "encryption-at-rest",
    "offsite-copy",
    "pull-request-metadata",
)
SETTINGS = ("single sign-on", "session timeout", "notifications", "billing contact", "address allow-list", "webhooks")
TOKENS = (
    "ci-nightly",
    "terraform",
    "siem-export",
    "backup-verifier",
    "release-bot",
    "inventory-sync",
    "grafana",
    "compliance-report",
)
SCHEDULES = (
    "hourly-critical", "four-hourly-product", "nightly-all", "six-hourly-infra", "nightly-offsite",
    "twelve-hourly-docs", "two-hourly-firmware", "weekly-full", "hourly-gateway", "four-hourly-mobile",
    "nightly-wikis", "two-hourly-planner",
)  # fmt: skip
NEW_ADMINS = ("temp.ops", "migration.helper", "vendor.support", "onboarding.test")  # one a cycle of stories
GUESSED_NAMES = ("admin", "root", "administrator", "backup", "git", "test", "support", "devops", "gitsec", "jenkins")

_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1"
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
AGENTS = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME}",
    f"{_MAC} {_WEBKIT} Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    f"{_MAC} {_CHROME}",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) {_WEBKIT} Mobile/15E148 Safari/604.1",
    "gitsec-cli/3.4.1 (linux; amd64)",
    "terraform-provider-gitsec/1.9.0",
    "python-requests/2.32.5",
    "Go-http-client/2.0",
    "curl/8.17.0",
)
BROWSERS = 5  # the first of AGENTS
CLI, TERRAFORM, REQUESTS, GO, CURL = range(5, 10)


def people(office: int, count: int) -> list[str]:
    """Usernames of one office, all different; the first ones are the same however many there are."""
    first, last = FIRST_NAMES[office].split(), LAST_NAMES[office].split()
    pairs = len(first) * len(last)
    found = []
    for number in range(count):
        again, place = divmod(number, pairs)
        lap, column = divmod(place, len(first))
        name = f"{first[column]}.{last[(column + lap) % len(last)]}"
        found.append(name if not again else f"{name}{again + 1}")
    return found


def repositories(count: int) -> list[str]:
    """Names of repositories, all different; the first ones are the same however many there are."""
    found = []
    for number in range(count):
        later, place = divmod(number, len(_PRODUCTS) * len(_PARTS))
        part, product = divmod(place, len(_PRODUCTS))
        name = f"{_PRODUCTS[product]}-{_PARTS[part]}"
        if later:
            lap, word = divmod(later - 1, len(_LATER))
            name += f"-{_LATER[word]}" + (str(lap + 1) if lap else "")
        found.append(name)
    return found
