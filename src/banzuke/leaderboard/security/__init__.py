"""What stands between the internet and the pages: headers, sizes, origins, rates, log-in."""

from banzuke.leaderboard.security.body_limit import BodyLimit
from banzuke.leaderboard.security.cross_site import CrossSiteGuard
from banzuke.leaderboard.security.headers import CHART_POLICY, POLICY, SecurityHeaders
from banzuke.leaderboard.security.refusals import Refusal

__all__ = [
    "CHART_POLICY",
    "POLICY",
    "BodyLimit",
    "CrossSiteGuard",
    "Refusal",
    "SecurityHeaders",
]
