"""Fill a world: with a made-up shop full of incidents, or from a merchant's own files."""

from sandbox_shop.seeding.errors import SeedRefused
from sandbox_shop.seeding.incident_shop import seed_incident_shop
from sandbox_shop.seeding.merchant_shop import seed_merchant_shop
from sandbox_shop.seeding.seed_report import SeedReport
from sandbox_shop.seeding.truth import count_path, truth_path

__all__ = [
    "SeedRefused",
    "SeedReport",
    "count_path",
    "seed_incident_shop",
    "seed_merchant_shop",
    "truth_path",
]
