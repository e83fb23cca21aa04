"""Everything that is done in the demo account: category, action, and the sentence around its target."""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from dashboard.demo.chance import Floats, Ints


class Target(IntEnum):
    """What kind of thing an action is done to."""

    NOTHING = 0
    REPOSITORY = 1
    SPARE = 2  # a repository that comes and goes
    PERSON = 3
    NEWCOMER = 4
    ROLE = 5
    POLICY = 6
    STORAGE = 7
    SCHEDULE = 8
    TOKEN = 9
    SETTING = 10
    GUESS = 11  # a name somebody tries at the door


class Act(NamedTuple):
    """One kind of event. Its description is `before` + target + `after`."""

    category: str
    action: str
    before: str
    after: str = ""
    target: Target = Target.NOTHING
    user_weight: float = 0.0  # how often a user does it within a session, and ...
    admin_weight: float = 0.0  # ... how often an admin


_T = Target
ACTS: dict[str, Act] = {
    "login": Act("Auth", "Logged In", "Signed in with single sign-on"),
    "login_password": Act("Auth", "Logged In", "Signed in with a password"),
    "wrong_password": Act("Auth", "Login Failed", "Wrong password"),
    "wrong_code": Act("Auth", "Login Failed", "Two-factor code rejected"),
    "unknown_user": Act("Auth", "Login Failed", "Unknown user ", "", _T.GUESS),
    "logout": Act("Auth", "Logged Out", "Signed out"),
    "password": Act("Auth", "Password Changed", "Changed the own password", "", _T.NOTHING, 0.25, 0.2),
    "two_factor_on": Act("Auth", "Two-Factor Enabled", "Enabled two-factor sign-in", "", _T.NOTHING, 0.1, 0.1),
    "two_factor_off": Act("Auth", "Two-Factor Disabled", "Disabled two-factor sign-in", "", _T.NOTHING, 0.02, 0.0),
    "backup_by_hand": Act("Backup", "Backup Started", "Started a backup of ", "", _T.REPOSITORY, 9.0, 5.0),
    "backup_started": Act("Backup", "Backup Started", "Backup of ", " started", _T.REPOSITORY),
    "backup_completed": Act("Backup", "Backup Completed", "Backup of ", " completed", _T.REPOSITORY),
    "failed_timeout": Act("Backup", "Backup Failed", "Backup of ", " failed: clone timed out", _T.REPOSITORY),
    "failed_credential": Act("Backup", "Backup Failed", "Backup of ", " failed: access token expired", _T.REPOSITORY),
    "failed_limit": Act("Backup", "Backup Failed", "Backup of ", " failed: rate limit of the Git host", _T.REPOSITORY),
    "failed_lfs": Act("Backup", "Backup Failed", "Backup of ", " failed: LFS object missing", _T.REPOSITORY),
    "failed_storage": Act(
        "Backup", "Backup Failed", "Backup of ", " failed: storage azure-west-europe unreachable", _T.REPOSITORY
    ),
    "backup_downloaded": Act(
        "Backup", "Backup Downloaded", "Downloaded the latest backup of ", "", _T.REPOSITORY, 4.0, 2.5
    ),
    "backup_deleted": Act("Backup", "Backup Deleted", "Deleted a backup of ", "", _T.REPOSITORY, 0.15, 0.5),
    "backup_expired": Act("Backup", "Backup Deleted", "Backup of ", " deleted by retention-90d", _T.REPOSITORY),
    "restore_started": Act("Restore", "Restore Started", "Started a restore of ", "", _T.REPOSITORY, 1.3, 1.4),
    "restore_completed": Act("Restore", "Restore Completed", "Restore of ", " completed", _T.REPOSITORY),
    "restore_failed": Act(
        "Restore", "Restore Failed", "Restore of ", " failed: target branch is protected", _T.REPOSITORY
    ),
    "repository_added": Act("Repository", "Repository Added", "Added ", "", _T.SPARE, 1.1, 1.0),
    "repository_updated": Act(
        "Repository", "Repository Updated", "Changed backup settings of ", "", _T.REPOSITORY, 5.0, 3.0
    ),
    "repository_deleted": Act("Repository", "Repository Deleted", "Deleted ", "", _T.SPARE, 0.1, 0.5),
    "repository_deleted_live": Act("Repository", "Repository Deleted", "Deleted ", "", _T.REPOSITORY),
    "schedule_fired": Act("Schedule", "Triggered By Timer", "Schedule ", "", _T.SCHEDULE),
    "schedule_updated": Act("Schedule", "Schedule Updated", "Changed schedule ", "", _T.SCHEDULE, 1.4, 1.6),
    "schedule_paused": Act("Schedule", "Schedule Paused", "Paused schedule ", "", _T.SCHEDULE, 0.25, 0.3),
    "schedule_resumed": Act("Schedule", "Schedule Resumed", "Resumed schedule ", "", _T.SCHEDULE, 0.25, 0.3),
    "storage_checked": Act("Storage", "Storage Verified", "Checked ", "", _T.STORAGE),
    "storage_failed": Act("Storage", "Storage Check Failed", "Cannot reach ", "", _T.STORAGE),
    "storage_updated": Act("Storage", "Storage Updated", "Changed settings of ", "", _T.STORAGE, 0.0, 0.9),
    "user_invited": Act("User", "User Invited", "Invited ", "", _T.NEWCOMER, 0.0, 1.6),
    "user_updated": Act("User", "User Updated", "Changed the profile of ", "", _T.PERSON, 0.0, 1.8),
    "user_created": Act("User", "User Created", "Created ", "", _T.PERSON),
    "user_disabled": Act("User", "User Disabled", "Disabled ", "", _T.PERSON),
    "role_assigned": Act("Role", "Role Assigned", "Gave the role Developer to ", "", _T.PERSON, 0.0, 1.9),
    "role_owner": Act("Role", "Role Assigned", "Gave the role Administrator to ", "", _T.PERSON),
    "role_updated": Act("Role", "Role Updated", "Changed permissions of ", "", _T.ROLE, 0.0, 0.6),
    "policy_updated": Act("Policy", "Policy Updated", "Changed policy ", "", _T.POLICY, 0.0, 1.0),
    "policy_disabled": Act("Policy", "Policy Disabled", "Disabled policy ", "", _T.POLICY),
    "policy_enabled": Act("Policy", "Policy Enabled", "Enabled policy ", "", _T.POLICY),
    "token_created": Act("Token", "Token Created", "Created token ", "", _T.TOKEN, 0.2, 0.7),
    "token_revoked": Act("Token", "Token Revoked", "Revoked token ", "", _T.TOKEN),
    "token_denied": Act("Token", "Token Denied", "Scope of the token does not allow it"),
    "settings_updated": Act("Account", "Settings Updated", "Changed ", "", _T.SETTING, 0.0, 0.9),
    "report_exported": Act("Account", "Report Exported", "Exported the compliance report", "", _T.NOTHING, 0.5, 1.2),
}
NAMES = tuple(ACTS)
CODE = {name: code for code, name in enumerate(NAMES)}
TARGET_OF: Ints = np.array([act.target for act in ACTS.values()], dtype=np.int64)


def cumulated(weights: list[float]) -> Floats:
    """Weights as a staircase for `pick`."""
    return np.cumsum(weights) / sum(weights)


USER_STAIRCASE = cumulated([act.user_weight for act in ACTS.values()])
ADMIN_STAIRCASE = cumulated([act.admin_weight for act in ACTS.values()])


def pick(staircase: Floats, share: Floats) -> Ints:
    """The step that each number in [0, 1) falls on."""
    return np.minimum(np.searchsorted(staircase, share, side="right"), len(staircase) - 1)
